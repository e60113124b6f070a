package dev.graft.inference;

import java.util.List;

/** A whole network in the engine that computes it. Implementations are not thread-safe. */
interface InferenceBackend extends AutoCloseable {
  /** Returns the batch size that computes fastest, or nearly so. */
  int batch();

  /** Returns whether results have a typicality. */
  boolean hasTypicality();

  /**
   * Runs one forward pass.
   *
   * @param images at least one
   * @return one result per image, in order
   */
  List<Output> outputs(List<ModelRunner.Prepared> images);

  @Override
  void close();
}
