package dev.graft.network;

/**
 * What becomes of each kind of layer in another form: a DJL block, a node of a graph. A new kind of
 * layer compiles only when every rendering has it.
 *
 * @param <T> what a layer becomes
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

  T foreign(Layer.Foreign layer);

  T add(Layer.Add layer);

  T concatenate(Layer.Concatenate layer);

  T power(Layer.Power layer);

  T standardize(Layer.Standardize layer);

  T temperature(Layer.Temperature layer);

  T softmax(Layer.Softmax layer);
}
