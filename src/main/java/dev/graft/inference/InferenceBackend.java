package dev.graft.inference;

import java.util.List;

/** A whole network in whatever computes it; for one thread at a time. */
interface InferenceBackend extends AutoCloseable {
  /** The number of images that it computes fastest at a time, or nearly so. */
  int batch();

  /**
   * One forward pass.
   *
   * @param images at least one
   * @return {@code (N, classes)}; each row adds up to 1
   */
  List<float[]> probabilities(List<ModelRunner.Prepared> images);

  @Override
  void close();
}
