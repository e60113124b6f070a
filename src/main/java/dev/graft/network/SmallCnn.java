package dev.graft.network;

import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Dropout;
import dev.graft.network.Layer.Flatten;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import java.util.List;

/**
 * The notebook's baseline, trained from scratch: two pairs of convolutions, the second of each
 * without padding, as in Keras's example {@code cifar10_cnn.py}. Pooling and dropout follow each
 * pair. The example's dense layers of 512 and 10 units are the head.
 */
public final class SmallCnn {
  private SmallCnn() {}

  /** Returns the backbone, for square inputs of at least 10 pixels. */
  public static BackboneSpec network() {
    return new BackboneSpec(
        "small-cnn",
        List.of(
            convolution("conv1", 3, 32, Padding.SAME),
            convolution("conv2", 32, 32, Padding.VALID),
            Stage.of("pool1", new MaxPool("pool1", 2), new Dropout("dropout1", 0.25)),
            convolution("conv3", 32, 64, Padding.SAME),
            convolution("conv4", 64, 64, Padding.VALID),
            Stage.of("pool2", new MaxPool("pool2", 2), new Dropout("dropout2", 0.25)),
            Stage.of("flatten", new Flatten("flatten"))),
        List.of("flatten"),
        10);
  }

  private static Stage convolution(String name, int in, int out, Padding padding) {
    return Stage.of(name, Conv2d.of3x3(name, in, out, padding), new Relu(name + "_relu"));
  }
}
