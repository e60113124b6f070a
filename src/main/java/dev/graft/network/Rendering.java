package dev.graft.network;

/**
 * A visitor of layers that turns each kind into another form, such as a DJL block or an ONNX node.
 * A new kind of layer compiles only when every rendering implements it.
 *
 * @param <T> the form of a rendered layer
 */
public interface Rendering<T> {
  T normalize(Layer.Normalize layer);

  T conv2d(Layer.Conv2d layer);

  T batchNorm(Layer.BatchNorm layer);

  T relu(Layer.Relu layer);

  T relu6(Layer.Relu6 layer);

  T maxPool(Layer.MaxPool layer);

  T globalAveragePool(Layer.GlobalAveragePool layer);

  T dropout(Layer.Dropout layer);

  T flatten(Layer.Flatten layer);

  T dense(Layer.Dense layer);

  T external(Layer.External layer);

  T add(Layer.Add layer);

  T concatenate(Layer.Concatenate layer);

  T power(Layer.Power layer);

  T standardize(Layer.Standardize layer);

  T l2Normalize(Layer.L2Normalize layer);

  T temperature(Layer.Temperature layer);

  T softmax(Layer.Softmax layer);
}
