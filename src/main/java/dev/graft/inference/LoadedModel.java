package dev.graft.inference;

import dev.graft.image.Framing;
import java.util.List;

/**
 * A model in memory with its description. Closing it frees the weights.
 *
 * @param name for messages
 * @param backend computes the model
 * @param framing how an image becomes the input
 * @param inputSize side of the input in pixels
 * @param classes names of the classes, in the order of the probabilities
 */
record LoadedModel(
    String name, InferenceBackend backend, Framing framing, int inputSize, List<String> classes)
    implements AutoCloseable {
  /** Combines the description of a saved model with the backend that computes it. */
  LoadedModel(SavedModel.Contents model, InferenceBackend backend) {
    this(
        model.name(),
        backend,
        model.design().preprocessing().framing(),
        model.design().inputSize(),
        model.classes());
  }

  LoadedModel {
    classes = List.copyOf(classes);
    if (inputSize < 1) {
      throw new IllegalArgumentException("inputSize must be at least 1, and is " + inputSize);
    }
  }

  /** Returns this model without averages over mirror images. */
  LoadedModel single() {
    return backend instanceof MirrorAverage average
        ? new LoadedModel(name, average.single(), framing, inputSize, classes)
        : this;
  }

  @Override
  public void close() {
    backend.close();
  }
}
