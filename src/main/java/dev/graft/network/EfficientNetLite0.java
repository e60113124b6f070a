package dev.graft.network;

import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu6;
import java.util.ArrayList;
import java.util.List;

/**
 * EfficientNet-Lite0 without its classifier: EfficientNet-B0 (Tan and Le 2019, <a
 * href="https://arxiv.org/abs/1905.11946">arXiv 1905.11946</a>) without squeeze-and-excitation and
 * with ReLU6, as published in TensorFlow's {@code tpu} repository. Each batch normalization is
 * folded into the convolution before it. Stages: {@code stem}, {@code blocks.0} to {@code
 * blocks.15}, {@code head}.
 */
public final class EfficientNetLite0 {
  /**
   * A group of equal blocks, a row of table 1 in Tan and Le 2019.
   *
   * @param blocks the number of blocks
   * @param kernel side of the depthwise kernel, in pixels
   * @param stride of the first block; 1 for the others
   * @param expansion factor of the block's inner width
   * @param out output channels
   */
  private record Group(int blocks, int kernel, int stride, int expansion, int out) {}

  private static final List<Group> GROUPS =
      List.of(
          new Group(1, 3, 1, 1, 16),
          new Group(2, 3, 2, 6, 24),
          new Group(2, 5, 2, 6, 40),
          new Group(3, 3, 2, 6, 80),
          new Group(3, 5, 1, 6, 112),
          new Group(4, 5, 2, 6, 192),
          new Group(1, 3, 1, 6, 320));

  private EfficientNetLite0() {}

  /** Returns the backbone, for square inputs of at least 32 pixels. */
  public static BackboneSpec network() {
    List<Stage> stages = new ArrayList<>();
    stages.add(
        Stage.of(
            "stem", new Conv2d("stem", 3, 32, 3, 2, Padding.SAME, 1), new Relu6("stem_relu6")));
    int in = 32;
    int block = 0;
    for (Group group : GROUPS) {
      for (int i = 0; i < group.blocks(); i++) {
        stages.add(block("blocks." + block++, in, group, i == 0 ? group.stride() : 1));
        in = group.out();
      }
    }
    stages.add(
        Stage.of(
            "head", new Conv2d("head", in, 1280, 1, 1, Padding.SAME, 1), new Relu6("head_relu6")));
    return new BackboneSpec(
        "efficientnet-lite0",
        stages,
        List.of("blocks.7", "blocks.10", "blocks.14", "blocks.15", "head"),
        32);
  }

  /**
   * Returns an inverted residual block (Sandler et al. 2018): expand, depthwise convolution,
   * project. The input is added where the shapes agree.
   */
  private static Stage block(String name, int in, Group group, int stride) {
    int wide = in * group.expansion();
    List<Layer> layers = new ArrayList<>();
    if (group.expansion() > 1) {
      layers.add(new Conv2d(name + ".expand", in, wide, 1, 1, Padding.SAME, 1));
      layers.add(new Relu6(name + ".expand_relu6"));
    }
    layers.add(
        new Conv2d(name + ".depthwise", wide, wide, group.kernel(), stride, Padding.SAME, wide));
    layers.add(new Relu6(name + ".depthwise_relu6"));
    layers.add(new Conv2d(name + ".project", wide, group.out(), 1, 1, Padding.SAME, 1));
    return stride == 1 && in == group.out() ? Stage.residual(name, layers) : Stage.of(name, layers);
  }
}
