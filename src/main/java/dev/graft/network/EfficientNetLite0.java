package dev.graft.network;

import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu6;
import java.util.ArrayList;
import java.util.List;

/**
 * EfficientNet-Lite0 without its classifier: EfficientNet-B0 (Tan and Le 2019, <a
 * href="https://arxiv.org/abs/1905.11946">arXiv 1905.11946</a>) without squeeze-and-excitation and
 * with ReLU6, as TensorFlow published it for small devices. Each batch normalisation is folded into
 * the convolution before it. Stages: {@code stem}, {@code blocks.0} to {@code blocks.15}, {@code
 * head}.
 */
public final class EfficientNetLite0 {
  /**
   * A run of blocks: how many, kernel, stride of the first, expansion of the width, output width.
   */
  private record Run(int blocks, int kernel, int stride, int expansion, int out) {}

  private static final List<Run> RUNS =
      List.of(
          new Run(1, 3, 1, 1, 16),
          new Run(2, 3, 2, 6, 24),
          new Run(2, 5, 2, 6, 40),
          new Run(3, 3, 2, 6, 80),
          new Run(3, 5, 1, 6, 112),
          new Run(4, 5, 2, 6, 192),
          new Run(1, 3, 1, 6, 320));

  private EfficientNetLite0() {}

  public static Network network() {
    List<Stage> stages = new ArrayList<>();
    stages.add(
        Stage.of(
            "stem", new Conv2d("stem", 3, 32, 3, 2, Padding.SAME, 1), new Relu6("stem_relu6")));
    int in = 32;
    int block = 0;
    for (Run run : RUNS) {
      for (int i = 0; i < run.blocks(); i++) {
        stages.add(block("blocks." + block++, in, run, i == 0 ? run.stride() : 1));
        in = run.out();
      }
    }
    stages.add(
        Stage.of(
            "head", new Conv2d("head", in, 1280, 1, 1, Padding.SAME, 1), new Relu6("head_relu6")));
    return new Network(
        "efficientnet-lite0",
        stages,
        List.of("blocks.7", "blocks.10", "blocks.14", "blocks.15", "head"),
        32);
  }

  /** An inverted residual: widen, convolve each channel, project; added to its input if it fits. */
  private static Stage block(String name, int in, Run run, int stride) {
    int wide = in * run.expansion();
    List<Layer> layers = new ArrayList<>();
    if (run.expansion() > 1) {
      layers.add(new Conv2d(name + ".expand", in, wide, 1, 1, Padding.SAME, 1));
      layers.add(new Relu6(name + ".expand_relu6"));
    }
    layers.add(
        new Conv2d(name + ".depthwise", wide, wide, run.kernel(), stride, Padding.SAME, wide));
    layers.add(new Relu6(name + ".depthwise_relu6"));
    layers.add(new Conv2d(name + ".project", wide, run.out(), 1, 1, Padding.SAME, 1));
    return stride == 1 && in == run.out() ? Stage.residual(name, layers) : Stage.of(name, layers);
  }
}
