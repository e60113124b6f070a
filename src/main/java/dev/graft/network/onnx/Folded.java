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

  /**
   * Returns the kernel or the bias that computes {@code gamma (w x + b - mean) / sqrt(variance +
   * epsilon) + beta}.
   */
  private static float[] folded(Pair pair, Weight wanted, Weights weights) {
    List<Weight> conv = pair.convolution().weights();
    List<Weight> norm = pair.norm().weights();
    float[] gamma = weights.of(norm.get(0));
    float[] variance = weights.of(norm.get(3));
    float[] scale = new float[gamma.length];
    for (int i = 0; i < scale.length; i++) {
      scale[i] = (float) (gamma[i] / Math.sqrt(variance[i] + pair.norm().epsilon()));
    }
    if (wanted.role() == Weight.Role.BIAS) {
      float[] beta = weights.of(norm.get(1));
      float[] mean = weights.of(norm.get(2));
      float[] bias = conv.size() > 1 ? weights.of(conv.get(1)) : new float[scale.length];
      for (int i = 0; i < scale.length; i++) {
        bias[i] = (bias[i] - mean[i]) * scale[i] + beta[i];
      }
      return bias;
    }
    float[] kernel = weights.of(conv.get(0)).clone();
    int perOutput = kernel.length / scale.length;
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] *= scale[i / perOutput];
    }
    return kernel;
  }
}
