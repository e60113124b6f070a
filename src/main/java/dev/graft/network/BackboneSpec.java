package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.Layer.External.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A backbone: a sequence of named stages, without the classifier that it was trained with.
 *
 * @param name such as {@code vgg16}
 * @param stages in computing order
 * @param features names of the stages whose concatenated global averages are the features by
 *     default
 * @param smallestInput the smallest side of a square input, in pixels, that leaves at least one
 *     pixel after the last stage
 */
public record BackboneSpec(
    String name, List<Stage> stages, List<String> features, int smallestInput) {
  public BackboneSpec {
    stages = List.copyOf(stages);
    features = List.copyOf(features);
    if (stages.stream().map(Stage::name).distinct().count() != stages.size()) {
      throw new IllegalArgumentException(name + ": two stages have the same name");
    }
  }

  /**
   * Returns the index of a stage, from 0.
   *
   * @throws GraftException if no stage has that name; the message lists the existing ones
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

  /**
   * Returns the output shape of every stage, {@code (C, H, W)} or {@code (values)}.
   *
   * @param inputSize side of the square input, in pixels
   * @throws GraftException if that is below {@link #smallestInput}
   */
  public List<Shape> outputs(int inputSize) {
    if (inputSize < smallestInput) {
      throw GraftException.of(
          "input-size: %d is too small for %s: set it to at least %d pixels.",
          inputSize, name, smallestInput);
    }
    List<Shape> outputs = new ArrayList<>();
    Shape shape = new Shape(3, inputSize, inputSize);
    for (Stage stage : stages) {
      shape = stage.output(shape);
      outputs.add(shape);
    }
    return outputs;
  }

  /** Returns the only layer of an external network; empty for Graft's own networks. */
  public Optional<Layer.External> external() {
    return stages.get(0).layers().get(0) instanceof Layer.External layer
        ? Optional.of(layer)
        : Optional.empty();
  }

  /** Returns whether it can be written as ONNX: every network except a TorchScript file. */
  public boolean isOnnx() {
    return external().map(Layer.External::format).orElse(Format.ONNX) == Format.ONNX;
  }

  /** Returns the weights of all layers, in the order of the layers. */
  public List<Weight> weights() {
    return stages.stream().flatMap(stage -> stage.weights().stream()).toList();
  }

  /** Returns the number of weights, as Keras counts them. */
  public long parameters() {
    return stages.stream().mapToLong(Stage::parameters).sum();
  }
}
