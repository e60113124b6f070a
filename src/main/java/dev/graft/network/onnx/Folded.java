package dev.graft.network.onnx;

import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network whose batch normalizations are folded into the convolutions before them. Such a
 * convolution has the name of the normalization, whose values it computes.
 */
record Folded(Graph graph, Weights weights) {
  private record Pair(Layer.Conv2d convolution, Layer.BatchNorm norm) {}

  /**
   * Folds every batch normalization that follows a convolution read by no other step.
   *
   * @param outputs names of the steps whose values are outputs; they are not folded away
   */
  static Folded of(Graph graph, Weights weights, Set<String> outputs) {
    Map<String, Step> byName = new HashMap<>();
    graph.steps().forEach(step -> byName.put(step.name(), step));
    Map<String, Pair> pairs = new HashMap<>();
    List<Step> steps = new ArrayList<>();
    for (Step step : graph.steps()) {
      Step before = byName.get(step.inputs().get(0));
      if (step.layer() instanceof Layer.BatchNorm norm
          && before != null
          && before.layer() instanceof Layer.Conv2d convolution
          && !outputs.contains(before.name())
          && graph.readers(before.name()).size() == 1) {
        pairs.put(norm.name(), new Pair(convolution, norm));
        steps.remove(before);
        steps.add(new Step(withBias(norm.name(), convolution), before.inputs()));
      } else {
        steps.add(step);
      }
    }
    return new Folded(
        new Graph(graph.pixels(), steps),
        weight ->
            pairs.containsKey(weight.layer())
                ? folded(pairs.get(weight.layer()), weight, weights)
                : weights.of(weight));
  }

  private static Layer.Conv2d withBias(String name, Layer.Conv2d layer) {
    return new Layer.Conv2d(
        name,
        layer.in(),
        layer.out(),
        layer.kernel(),
        layer.stride(),
        layer.padding(),
        layer.groups(),
        true);
  }

  private static float[] folded(Pair pair, Weight wanted, Weights weights) {
    List<Weight> convolution = pair.convolution().weights();
    boolean isBias = wanted.role() == Weight.Role.BIAS;
    float[] kernel = isBias ? new float[0] : weights.of(convolution.get(0)).clone();
    float[] bias =
        pair.convolution().bias()
            ? weights.of(convolution.get(1)).clone()
            : new float[pair.convolution().out()];
    List<float[]> norm = pair.norm().weights().stream().map(weights::of).toList();
    fold(norm, pair.norm().epsilon(), kernel, bias);
    return isBias ? bias : kernel;
  }

  /**
   * Folds {@code gamma (x - mean) / sqrt(variance + epsilon) + beta} into a kernel and its bias.
   *
   * @param norm gamma, beta, mean and variance, one value per output channel
   * @param kernel its first axis is the output channel
   */
  static void fold(List<float[]> norm, double epsilon, float[] kernel, float[] bias) {
    int perOutput = kernel.length / bias.length;
    for (int out = 0; out < bias.length; out++) {
      float factor = (float) (norm.get(0)[out] / Math.sqrt(norm.get(3)[out] + epsilon));
      bias[out] = (bias[out] - norm.get(2)[out]) * factor + norm.get(1)[out];
      for (int i = out * perOutput; i < (out + 1) * perOutput; i++) {
        kernel[i] *= factor;
      }
    }
  }
}
