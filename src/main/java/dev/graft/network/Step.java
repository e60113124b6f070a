package dev.graft.network;

import java.util.List;

/**
 * A layer with the names of its inputs.
 *
 * @param layer that is computed
 * @param inputs names of the steps whose outputs it takes; {@link Graph#PIXELS} for the network's
 *     input
 */
public record Step(Layer layer, List<String> inputs) {
  public Step {
    inputs = List.copyOf(inputs);
  }

  public static Step of(Layer layer, String... inputs) {
    return new Step(layer, List.of(inputs));
  }

  /** Returns the layer's name, which is also the name of its output. */
  public String name() {
    return layer.name();
  }
}
