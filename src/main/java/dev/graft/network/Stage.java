package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A named group of layers. A network can be cut before a stage, and its output can be a feature.
 *
 * @param name unique in its network
 * @param layers a sequence of at least one layer
 * @param shortcut for a residual block, the layers of its shortcut, whose output is added; an empty
 *     list is the identity
 */
public record Stage(String name, List<Layer> layers, Optional<List<Layer>> shortcut) {
  public Stage {
    layers = List.copyOf(layers);
    shortcut = shortcut.map(List::copyOf);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(name + ": a stage needs at least one layer");
    }
  }

  /** Returns a stage without a shortcut. */
  public static Stage of(String name, Layer... layers) {
    return of(name, List.of(layers));
  }

  /** Returns a stage without a shortcut. */
  public static Stage of(String name, List<Layer> layers) {
    return new Stage(name, layers, Optional.empty());
  }

  /** Returns a residual block with an identity shortcut. */
  public static Stage residual(String name, List<Layer> layers) {
    return residual(name, layers, List.of());
  }

  /** Returns a residual block whose shortcut has layers. */
  public static Stage residual(String name, List<Layer> layers, List<Layer> shortcut) {
    return new Stage(name, layers, Optional.of(shortcut));
  }

  /** Returns the stage's steps; the last one gives the stage's output. */
  public List<Step> steps(String input) {
    List<Step> steps = new ArrayList<>();
    String end = append(steps, layers, input);
    shortcut.ifPresent(
        others -> steps.add(Step.of(new Layer.Add(name), append(steps, others, input), end)));
    return steps;
  }

  /** Returns the residual block with one more layer before its shortcut is added. */
  Stage with(Layer last) {
    return new Stage(name, Stream.concat(layers.stream(), Stream.of(last)).toList(), shortcut);
  }

  private static String append(List<Step> steps, List<Layer> layers, String input) {
    String last = input;
    for (Layer layer : layers) {
      steps.add(Step.of(layer, last));
      last = layer.name();
    }
    return last;
  }

  /** Returns the name of the step that gives the stage's output. */
  public String output() {
    return shortcut.isPresent() ? name : layers.get(layers.size() - 1).name();
  }

  /** Returns the output's shape for an input of the given shape, both without the batch. */
  public Shape output(Shape input) {
    Shape output = Layer.outputOf(layers, input);
    return shortcut
        .map(others -> new Layer.Add(name).output(Layer.outputOf(others, input), output))
        .orElse(output);
  }

  /** Returns the weights of all layers, in the order of the layers. */
  public List<Weight> weights() {
    return steps("").stream().flatMap(step -> step.layer().weights().stream()).toList();
  }

  /** Returns the number of weights, as Keras counts them. */
  public long parameters() {
    return steps("").stream().mapToLong(step -> step.layer().parameters()).sum();
  }
}
