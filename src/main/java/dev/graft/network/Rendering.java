package dev.graft.network;

/**
 * A visitor of layers that turns each kind into another form, such as a DJL block or an ONNX node.
 * A new kind of layer compiles only when every rendering implements it.
 *
 * @param <T> the form of a rendered layer
 */
public interface Rendering<T> {
  /** Renders {@link Layer.Normalize}. */
  T normalize(Layer.Normalize layer);

  /** Renders {@link Layer.Conv2d}. */
  T conv2d(Layer.Conv2d layer);

  /** Renders {@link Layer.BatchNorm}. */
  T batchNorm(Layer.BatchNorm layer);

  /** Renders {@link Layer.Relu}. */
  T relu(Layer.Relu layer);

  /** Renders {@link Layer.Relu6}. */
  T relu6(Layer.Relu6 layer);

  /** Renders {@link Layer.MaxPool}. */
  T maxPool(Layer.MaxPool layer);

  /** Renders {@link Layer.GlobalAveragePool}. */
  T globalAveragePool(Layer.GlobalAveragePool layer);

  /** Renders {@link Layer.Dropout}. */
  T dropout(Layer.Dropout layer);

  /** Renders {@link Layer.Flatten}. */
  T flatten(Layer.Flatten layer);

  /** Renders {@link Layer.Dense}. */
  T dense(Layer.Dense layer);

  /** Renders {@link Layer.External}. */
  T external(Layer.External layer);

  /** Renders {@link Layer.Add}. */
  T add(Layer.Add layer);

  /** Renders {@link Layer.Concatenate}. */
  T concatenate(Layer.Concatenate layer);

  /** Renders {@link Layer.Power}. */
  T power(Layer.Power layer);

  /** Renders {@link Layer.Standardize}. */
  T standardize(Layer.Standardize layer);

  /** Renders L2 normalization of parts of a vector. */
  T l2Normalize(Layer.L2Normalize layer);

  /** Renders {@link Layer.Temperature}. */
  T temperature(Layer.Temperature layer);

  /** Renders {@link Layer.Softmax}. */
  T softmax(Layer.Softmax layer);
}
