package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A whole network, as the steps from its pixels on, in an order in which they can be computed. All
 * that is to be known of it is a fold over this list.
 *
 * @param pixels the input's shape, without the batch: {@code (3, H, W)}, R, G, B from 0 to 255
 */
public record Graph(Shape pixels, List<Step> steps) {
  /** The name of the input. */
  public static final String PIXELS = "pixels";

  /** Checks that every step finds its inputs, in a shape that it can take. */
  public Graph {
    steps = List.copyOf(steps);
    shapes(pixels, steps);
  }

  /** The shape of the input and of every step's output, without the batch, by name. */
  public Map<String, Shape> shapes() {
    return shapes(pixels, steps);
  }

  private static Map<String, Shape> shapes(Shape pixels, List<Step> steps) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(PIXELS, pixels);
    for (Step step : steps) {
      if (!shapes.keySet().containsAll(step.inputs())) {
        throw new IllegalArgumentException(
            step.name() + " comes before one of its inputs, " + step.inputs());
      }
      Shape[] inputs = step.inputs().stream().map(shapes::get).toArray(Shape[]::new);
      if (shapes.put(step.name(), step.layer().output(inputs)) != null) {
        throw new IllegalArgumentException("there are two steps called " + step.name());
      }
    }
    return shapes;
  }

  /** Number of steps. */
  public int size() {
    return steps.size();
  }

  /** The place of a step, from 0. */
  public int indexOf(String name) {
    return steps.stream().map(Step::name).toList().indexOf(name);
  }

  /**
   * The values that cross a cut, by name: what is there before it and is read after it, in the
   * order in which it is first read; where nothing comes after it, what the last step gives.
   *
   * @param at number of steps before the cut
   */
  public List<String> crossing(int at) {
    Set<String> after = new LinkedHashSet<>();
    steps.subList(at, size()).forEach(step -> after.addAll(step.inputs()));
    steps.subList(at, size()).forEach(step -> after.remove(step.name()));
    return at == size() ? List.of(steps.get(at - 1).name()) : List.copyOf(after);
  }

  /** All that the network wants from a weight file, in the order of its steps. */
  public List<Weight> weights() {
    return steps.stream().flatMap(step -> step.layer().weights().stream()).toList();
  }

  public long parameters() {
    return steps.stream().mapToLong(step -> step.layer().parameters()).sum();
  }
}
