package dev.graft.network;

import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG16 without its three dense layers: configuration D of Simonyan and Zisserman 2014 (<a
 * href="https://arxiv.org/abs/1409.1556">arXiv 1409.1556</a>), stages named as Keras names its
 * layers. Every convolution with its ReLU, and every pooling, is a stage.
 */
public final class Vgg16 {
  private static final int[] WIDTHS = {64, 128, 256, 512, 512};
  private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};

  private Vgg16() {}

  public static Network network() {
    return network(WIDTHS);
  }

  /** With other widths of the five blocks. */
  static Network network(int... widths) {
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
    return new Network("vgg16", stages, List.of("block3_pool", "block4_pool", "block5_pool"), 32);
  }
}
