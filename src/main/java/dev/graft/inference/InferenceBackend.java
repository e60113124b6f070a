package dev.graft.inference;

import java.util.List;

/** A whole network in the engine that computes it. Implementations are not thread-safe. */
interface InferenceBackend extends AutoCloseable {
  /** Returns the batch size that computes fastest, or nearly so. */
  int batch();

  /**
   * Runs one forward pass.
   *
   * @param images at least one
   * @return probabilities {@code (N, classes)}; each row adds up to 1
   */
  List<float[]> probabilities(List<ModelRunner.Prepared> images);

  @Override
  void close();
}
