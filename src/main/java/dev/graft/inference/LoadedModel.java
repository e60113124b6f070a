package dev.graft.inference;

import dev.graft.image.Framing;
import java.util.List;

/**
 * A model in memory, and what is known of it. Closing it frees the weights.
 *
 * @param name for people
 * @param forward what computes it
 * @param framing how an image becomes the input
 * @param inputSize side of the input, in pixels
 * @param classes their names, in the order of the probabilities
 */
record LoadedModel(
    String name, InferenceBackend forward, Framing framing, int inputSize, List<String> classes)
    implements AutoCloseable {
  /** Likewise, of what is known of a model. */
  LoadedModel(SavedModel.Contents model, InferenceBackend forward) {
    this(
        model.name(),
        forward,
        model.design().preprocessing().framing(),
        model.design().inputSize(),
        model.classes());
  }

  LoadedModel {
    classes = List.copyOf(classes);
    if (inputSize < 1) {
      throw new IllegalArgumentException("an input of at least 1 pixel, not " + inputSize);
    }
  }

  @Override
  public void close() {
    forward.close();
  }
}
