package dev.graft.network;

/** Gives the values of a network's weights. */
@FunctionalInterface
public interface Weights {
  /** Returns a weight's values, row-major in its shape. */
  float[] of(Weight weight);

  /**
   * Returns the values of a kernel at one position of its window, {@code (out, in)}: a part of a
   * kernel that may not fit into the heap.
   *
   * @param kernel of the shape {@code (out, in, height, width)}
   * @param row from 0
   * @param column from 0
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
