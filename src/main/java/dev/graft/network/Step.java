package dev.graft.network;

import java.util.List;

/**
 * A layer in its place in a network.
 *
 * @param inputs names of the steps whose output it takes; {@link Graph#PIXELS} for the network's
 *     input
 */
public record Step(Layer layer, List<String> inputs) {
  public Step {
    inputs = List.copyOf(inputs);
  }

  public static Step of(Layer layer, String... inputs) {
    return new Step(layer, List.of(inputs));
  }

  /** The layer's name, which is its output's too. */
  public String name() {
    return layer.name();
  }
}
