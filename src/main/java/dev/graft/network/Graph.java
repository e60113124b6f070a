package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A whole network as a list of steps, each after the steps whose outputs it takes.
 *
 * @param pixels the input's shape, without the batch: {@code (3, H, W)}, RGB, 0 to 255
 * @param steps in computing order
 */
public record Graph(Shape pixels, List<Step> steps) {
  /** The name of the input. */
  public static final String PIXELS = "pixels";

  /**
   * Checks that every step comes after its inputs, and that their shapes fit.
   *
   * @throws IllegalArgumentException if they do not, or if two steps have one name
   */
  public Graph {
    steps = List.copyOf(steps);
    shapes(pixels, steps);
  }

  /** Returns the shapes of the input and of every step's output, without the batch, by name. */
  public Map<String, Shape> shapes() {
    return shapes(pixels, steps);
  }

  private static Map<String, Shape> shapes(Shape pixels, List<Step> steps) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(PIXELS, pixels);
    for (Step step : steps) {
      if (!shapes.keySet().containsAll(step.inputs())) {
        throw new IllegalArgumentException(
            step.name() + " is placed before one of its inputs, " + step.inputs());
      }
      Shape[] inputs = step.inputs().stream().map(shapes::get).toArray(Shape[]::new);
      if (shapes.put(step.name(), step.layer().output(inputs)) != null) {
        throw new IllegalArgumentException("two steps have the name " + step.name());
      }
    }
    return shapes;
  }

  /** Returns the number of steps. */
  public int size() {
    return steps.size();
  }

  /** Returns the index of a step, or -1 if no step has that name. */
  public int indexOf(String name) {
    return steps.stream().map(Step::name).toList().indexOf(name);
  }

  /** Returns the steps that take the output of a step. */
  public List<Step> readers(String name) {
    return steps.stream().filter(step -> step.inputs().contains(name)).toList();
  }

  /**
   * Returns the names of the outputs that cross a cut: computed before it, and taken by a step
   * after it, in the order of their first use. At the end of the network that is the last output.
   *
   * @param at number of steps before the cut
   */
  public List<String> crossing(int at) {
    Set<String> after = new LinkedHashSet<>();
    steps.subList(at, size()).forEach(step -> after.addAll(step.inputs()));
    steps.subList(at, size()).forEach(step -> after.remove(step.name()));
    return at == size() ? List.of(steps.get(at - 1).name()) : List.copyOf(after);
  }

  /** Returns the weights of all layers, in the order of the steps. */
  public List<Weight> weights() {
    return steps.stream().flatMap(step -> step.layer().weights().stream()).toList();
  }

  /** Returns the number of weights, as Keras counts them. */
  public long parameters() {
    return steps.stream().mapToLong(step -> step.layer().parameters()).sum();
  }
}
