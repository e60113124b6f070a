package dev.graft.inference;

import ai.djl.Model;
import dev.graft.network.Preprocessing;
import java.util.List;

/**
 * A model in memory, and what is known of it. Closing it frees the weights.
 *
 * @param name for people
 * @param model pixels {@code (N, 3, inputSize, inputSize)}, R, G, B from 0 to 255, float32, to
 *     logits {@code (N, classes)}
 * @param inputSize side of the input, in pixels
 * @param classes their names, in the order of the logits
 */
public record LoadedModel(
    String name, Model model, Preprocessing preprocessing, int inputSize, List<String> classes)
    implements AutoCloseable {
  public LoadedModel {
    classes = List.copyOf(classes);
    if (inputSize < 1) {
      throw new IllegalArgumentException("an input of at least 1 pixel, not " + inputSize);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
