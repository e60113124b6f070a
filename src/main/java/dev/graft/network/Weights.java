package dev.graft.network;

/** The values of a network's weights. */
@FunctionalInterface
public interface Weights {
  /** A weight's values, row-major in its shape and layout. */
  float[] of(Weight weight);

  /**
   * The values at one place of a convolution's window, {@code (out, in)}, for whoever can't have
   * all of it in the heap.
   *
   * @param kernel {@code (out, in, height, width)}
   */
  default float[] at(Weight kernel, int row, int column) {
    float[] all = of(kernel);
    int height = Math.toIntExact(kernel.shape().get(2));
    int width = Math.toIntExact(kernel.shape().get(3));
    float[] values = new float[all.length / (height * width)];
    for (int i = 0; i < values.length; i++) {
      values[i] = all[(i * height + row) * width + column];
    }
    return values;
  }
}
