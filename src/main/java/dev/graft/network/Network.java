package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Layer.Foreign.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A backbone: named stages one after the other, without the classifier that it was trained with.
 *
 * @param name such as {@code vgg16}
 * @param stages in the order in which they are computed
 * @param features the stages whose global averages, side by side, are its features unless a recipe
 *     says otherwise
 * @param smallestInput the smallest side of a square input, in pixels, that leaves at least a pixel
 *     at the end
 */
public record Network(String name, List<Stage> stages, List<String> features, int smallestInput) {
  public Network {
    stages = List.copyOf(stages);
    features = List.copyOf(features);
    if (stages.stream().map(Stage::name).distinct().count() != stages.size()) {
      throw new IllegalArgumentException(name + ": two stages have the same name");
    }
  }

  /**
   * The place of a stage, from 0.
   *
   * @throws GraftException if there is no stage of that name; the message lists those there are
   */
  public int indexOf(String stage) {
    List<String> names = stages.stream().map(Stage::name).toList();
    int index = names.indexOf(stage);
    if (index < 0) {
      throw new GraftException(
          name + " has no stage " + stage + "; its stages are " + String.join(", ", names) + ".");
    }
    return index;
  }

  /** The output's shape {@code (C, H, W)} of every stage, for a square input of the given side. */
  public List<Shape> outputs(int inputSize) {
    if (inputSize < smallestInput) {
      throw new GraftException(
          "input-size "
              + inputSize
              + " is too small for "
              + name
              + ", which needs at least "
              + smallestInput
              + " pixels a side.");
    }
    List<Shape> outputs = new ArrayList<>();
    Shape shape = new Shape(3, inputSize, inputSize);
    for (Stage stage : stages) {
      shape = stage.output(shape);
      outputs.add(shape);
    }
    return outputs;
  }

  /** The layer that is all of a network of somebody else's. */
  public Optional<Layer.Foreign> foreign() {
    return stages.get(0).layers().get(0) instanceof Layer.Foreign layer
        ? Optional.of(layer)
        : Optional.empty();
  }

  /** Whether it can be written as ONNX: all but what is in TorchScript. */
  public boolean isOnnx() {
    return foreign().map(Layer.Foreign::format).orElse(Format.ONNX) == Format.ONNX;
  }

  /** All that the network wants from a weight file, in the order of its layers. */
  public List<Weight> weights() {
    return stages.stream().flatMap(stage -> stage.weights().stream()).toList();
  }

  public long parameters() {
    return stages.stream().mapToLong(Stage::parameters).sum();
  }
}
