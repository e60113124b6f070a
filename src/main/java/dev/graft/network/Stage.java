package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/** Layers that belong together under a name: where a network can be cut, and its output tapped. */
public record Stage(String name, List<Layer> layers) {
  public Stage {
    layers = List.copyOf(layers);
  }

  public static Stage of(String name, Layer... layers) {
    return new Stage(name, List.of(layers));
  }

  /** The output's shape for an input of the given shape, both without the batch. */
  public Shape output(Shape input) {
    return Layer.outputOf(layers, input);
  }

  public List<Weight> weights() {
    return layers.stream().flatMap(layer -> layer.weights().stream()).toList();
  }

  public long parameters() {
    return layers.stream().mapToLong(Layer::parameters).sum();
  }
}
