package dev.graft.network;

import dev.graft.network.Layer.BatchNorm;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import java.util.ArrayList;
import java.util.List;

/**
 * Xception without its classifier (Chollet 2016, <a href="https://arxiv.org/abs/1610.02357">arXiv
 * 1610.02357</a>, figure 5): separable convolutions in residual blocks. The stages {@code
 * block1_conv1}, {@code block1_conv2} and {@code block2} to {@code block14} have Keras's names.
 */
public final class Xception {
  private Xception() {}

  /** Returns the backbone, for square inputs of at least 71 pixels. */
  public static BackboneSpec network() {
    return network(1);
  }

  /** Returns the backbone with all widths divided by a number, for tests. */
  static BackboneSpec network(int divisor) {
    List<Stage> stages = new ArrayList<>();
    stages.add(stem("block1_conv1", 3, 32 / divisor, 2));
    stages.add(stem("block1_conv2", 32 / divisor, 64 / divisor, 1));
    int in = 64 / divisor;
    for (int block = 2; block <= 4; block++) {
      int out = List.of(128, 256, 728).get(block - 2) / divisor;
      stages.add(narrowing("block" + block, in, out, out, block > 2));
      in = out;
    }
    for (int block = 5; block <= 12; block++) {
      List<Layer> layers = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        separable(layers, "block" + block + "_sepconv" + i, in, in, true, false);
      }
      stages.add(Stage.residual("block" + block, layers));
    }
    stages.add(narrowing("block13", in, in, 1024 / divisor, true));
    List<Layer> layers = new ArrayList<>();
    separable(layers, "block14_sepconv1", 1024 / divisor, 1536 / divisor, false, true);
    separable(layers, "block14_sepconv2", 1536 / divisor, 2048 / divisor, false, true);
    stages.add(Stage.of("block14", layers));
    return new BackboneSpec("xception", stages, List.of("block14"), 71);
  }

  private static Stage stem(String name, int in, int out, int stride) {
    return Stage.of(
        name,
        new Conv2d(name, in, out, 3, stride, Padding.VALID, 1, false),
        new BatchNorm(name + "_bn", out, 1e-3),
        new Relu(name + "_act"));
  }

  private static Stage narrowing(String name, int in, int middle, int out, boolean reluFirst) {
    List<Layer> layers = new ArrayList<>();
    separable(layers, name + "_sepconv1", in, middle, reluFirst, false);
    separable(layers, name + "_sepconv2", middle, out, true, false);
    layers.add(new MaxPool(name + "_pool", 3, 2, Padding.SAME));
    return Stage.residual(
        name,
        layers,
        List.of(
            new Conv2d(name + "_shortcut", in, out, 1, 2, Padding.SAME, 1, false),
            new BatchNorm(name + "_shortcut_bn", out, 1e-3)));
  }

  /** Adds a separable convolution: a depthwise 3x3 convolution, then a pointwise one. */
  private static void separable(
      List<Layer> layers, String name, int in, int out, boolean reluBefore, boolean reluAfter) {
    if (reluBefore) {
      layers.add(new Relu(name + "_act"));
    }
    layers.add(new Conv2d(name + "_depthwise", in, in, 3, 1, Padding.SAME, in, false));
    layers.add(new Conv2d(name, in, out, 1, 1, Padding.SAME, 1, false));
    layers.add(new BatchNorm(name + "_bn", out, 1e-3));
    if (reluAfter) {
      layers.add(new Relu(name + "_act"));
    }
  }
}
