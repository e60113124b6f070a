package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer;
import java.util.Arrays;

/**
 * Dropout of all values of an image together: what skips a residual block in stochastic depth
 * (Huang et al. 2016). The values of the other images are divided by their share, as in
 * torchvision's {@code StochasticDepth}, so that the mean stays.
 */
final class ImageDropout extends RandomBlock {
  private final float rate;

  ImageDropout(Layer.Dropout layer) {
    rate = (float) layer.rate();
  }

  @Override
  NDArray masked(NDArray values) {
    return masked(values, 0);
  }

  /**
   * Drops images.
   *
   * @param axis of the images
   */
  NDArray masked(NDArray values, int axis) {
    long[] shape = new long[values.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[axis] = values.size(axis);
    float[] mask = new float[Math.toIntExact(values.size(axis))];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = random().nextDouble() < rate ? 0 : 1 / (1 - rate);
    }
    return values.mul(values.getManager().create(mask, new Shape(shape)));
  }
}
