package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer.Padding;

/** What a window that is moved over an image sees outside of it. */
final class SamePadding {
  private SamePadding() {}

  /**
   * An image with what {@link Padding#SAME} puts around it.
   *
   * @param x {@code (N, C, H, W)}, float32; the very same comes back where nothing is outside
   * @param value of the pixels outside
   */
  static NDArray around(NDArray x, int window, int stride, float value) {
    NDArray higher = joined(x, 2, window, stride, value);
    NDArray wider = joined(higher, 3, window, stride, value);
    if (higher != x && higher != wider) {
      higher.close();
    }
    return wider;
  }

  private static NDArray joined(NDArray x, int axis, int window, int stride, float value) {
    int length = Math.toIntExact(x.getShape().get(axis));
    int[] outside = Padding.SAME.outside(length, window, stride);
    if (outside[0] + outside[1] == 0) {
      return x;
    }
    NDList parts = new NDList(x);
    if (outside[0] > 0) {
      parts.add(0, pixels(x, axis, outside[0], value));
    }
    if (outside[1] > 0) {
      parts.add(pixels(x, axis, outside[1], value));
    }
    NDArray joined = NDArrays.concat(parts, axis);
    parts.stream().filter(part -> part != x).forEach(NDArray::close);
    return joined;
  }

  private static NDArray pixels(NDArray x, int axis, int count, float value) {
    long[] shape = x.getShape().getShape().clone();
    shape[axis] = count;
    return x.getManager().full(new Shape(shape), value);
  }
}
