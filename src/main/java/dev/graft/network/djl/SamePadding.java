package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer.Padding;

/** TensorFlow's SAME padding of images, also where it is asymmetric. */
final class SamePadding {
  private SamePadding() {}

  /**
   * Pads images as {@link Padding#SAME} specifies.
   *
   * @param x {@code (N, C, H, W)}, float32
   * @param value of the padding
   * @return {@code x} itself if no padding is needed, else a new array
   */
  static NDArray pad(NDArray x, int window, int stride, float value) {
    NDArray higher = padAxis(x, 2, window, stride, value);
    NDArray wider = padAxis(higher, 3, window, stride, value);
    if (higher != x && higher != wider) {
      higher.close();
    }
    return wider;
  }

  private static NDArray padAxis(NDArray x, int axis, int window, int stride, float value) {
    int length = Math.toIntExact(x.getShape().get(axis));
    int[] padding = Padding.SAME.outside(length, window, stride);
    if (padding[0] + padding[1] == 0) {
      return x;
    }
    NDList parts = new NDList(x);
    if (padding[0] > 0) {
      parts.add(0, constant(x, axis, padding[0], value));
    }
    if (padding[1] > 0) {
      parts.add(constant(x, axis, padding[1], value));
    }
    NDArray joined = NDArrays.concat(parts, axis);
    parts.stream().filter(part -> part != x).forEach(NDArray::close);
    return joined;
  }

  private static NDArray constant(NDArray x, int axis, int count, float value) {
    long[] shape = x.getShape().getShape().clone();
    shape[axis] = count;
    return x.getManager().full(new Shape(shape), value);
  }
}
