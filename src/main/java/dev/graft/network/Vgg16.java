package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG16: configuration D of Simonyan and Zisserman 2014 (<a
 * href="https://arxiv.org/abs/1409.1556">arXiv 1409.1556</a>, table 1). Each convolution with its
 * ReLU, and each pooling, is a stage that has the name of Keras's layer.
 */
public final class Vgg16 {
  private static final int[] WIDTHS = {64, 128, 256, 512, 512};
  private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};

  private Vgg16() {}

  /** Returns the backbone without its three dense layers, for inputs of at least 32 pixels. */
  public static BackboneSpec network() {
    return network(WIDTHS);
  }

  /**
   * Returns the backbone with the first two of its dense layers, for inputs of 224 pixels. Both are
   * convolutions; the first has a 7x7 kernel and leaves one pixel, so its global average is that
   * pixel.
   */
  public static BackboneSpec withDenseLayers() {
    return withDenseLayers(network(), 224, 4096);
  }

  /**
   * Returns a network with two dense layers, as convolutions.
   *
   * @param network whose last stage gives square images
   * @param side of the input, in pixels
   * @param width output values of each dense layer
   */
  static BackboneSpec withDenseLayers(BackboneSpec network, int side, int width) {
    List<Stage> stages = new ArrayList<>(network.stages());
    List<Shape> outputs = network.outputs(side);
    Shape last = outputs.get(outputs.size() - 1);
    int in = Math.toIntExact(last.get(0));
    int kernel = Math.toIntExact(last.get(1));
    stages.add(dense("fc1", in, width, kernel));
    stages.add(dense("fc2", width, width, 1));
    return new BackboneSpec(network.name(), stages, List.of("fc2"), side);
  }

  private static Stage dense(String name, int in, int out, int kernel) {
    return Stage.of(
        name,
        new Conv2d(name, in, out, kernel, 1, Padding.VALID, 1, true),
        new Relu(name + "_relu"));
  }

  /** Returns the backbone with the given widths of its blocks, in channels. */
  static BackboneSpec network(int... widths) {
    List<Stage> stages = new ArrayList<>();
    int in = 3;
    for (int block = 1; block <= widths.length; block++) {
      int out = widths[block - 1];
      for (int i = 1; i <= CONVOLUTIONS[block - 1]; i++) {
        String name = "block" + block + "_conv" + i;
        stages.add(
            Stage.of(name, Conv2d.of3x3(name, in, out, Padding.SAME), new Relu(name + "_relu")));
        in = out;
      }
      String pool = "block" + block + "_pool";
      stages.add(Stage.of(pool, new MaxPool(pool, 2)));
    }
    return new BackboneSpec(
        "vgg16", stages, List.of("block3_pool", "block4_pool", "block5_pool"), 32);
  }
}
