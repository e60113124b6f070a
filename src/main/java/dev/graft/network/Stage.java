package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Layers that belong together under a name: where a network can be cut, and its output tapped.
 *
 * @param layers one after the other
 * @param shortcut layers that the input goes through beside them, to be added to their output; of
 *     none for the input as it is, empty for nothing to add
 */
public record Stage(String name, List<Layer> layers, Optional<List<Layer>> shortcut) {
  public Stage {
    layers = List.copyOf(layers);
    shortcut = shortcut.map(List::copyOf);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(name + ": a stage of no layers");
    }
  }

  public static Stage of(String name, Layer... layers) {
    return of(name, List.of(layers));
  }

  public static Stage of(String name, List<Layer> layers) {
    return new Stage(name, layers, Optional.empty());
  }

  /** A residual block: what the layers make of the input is added to it. */
  public static Stage residual(String name, List<Layer> layers) {
    return residual(name, layers, List.of());
  }

  /** A residual block whose input goes through layers of its own on the way to the sum. */
  public static Stage residual(String name, List<Layer> layers, List<Layer> shortcut) {
    return new Stage(name, layers, Optional.of(shortcut));
  }

  /** The stage in a network; the last step's output is the stage's. */
  public List<Step> steps(String input) {
    List<Step> steps = new ArrayList<>();
    String end = append(steps, layers, input);
    shortcut.ifPresent(
        others -> steps.add(Step.of(new Layer.Add(name), append(steps, others, input), end)));
    return steps;
  }

  private static String append(List<Step> steps, List<Layer> layers, String input) {
    String last = input;
    for (Layer layer : layers) {
      steps.add(Step.of(layer, last));
      last = layer.name();
    }
    return last;
  }

  /** The name of the output. */
  public String output() {
    return shortcut.isPresent() ? name : layers.get(layers.size() - 1).name();
  }

  /** The output's shape for an input of the given shape, both without the batch. */
  public Shape output(Shape input) {
    Shape output = Layer.outputOf(layers, input);
    return shortcut
        .map(others -> new Layer.Add(name).output(Layer.outputOf(others, input), output))
        .orElse(output);
  }

  public List<Weight> weights() {
    return steps("").stream().flatMap(step -> step.layer().weights().stream()).toList();
  }

  public long parameters() {
    return steps("").stream().mapToLong(step -> step.layer().parameters()).sum();
  }
}
