package dev.graft.inference;

import java.util.List;

/** A whole network in whatever computes it; for one thread at a time. */
interface Forward extends AutoCloseable {
  /** The number of pictures that it computes fastest at a time, or nearly so. */
  int batch();

  /**
   * One forward pass.
   *
   * @param pictures at least one
   * @return {@code (N, classes)}; each row adds up to 1
   */
  List<float[]> probabilities(List<Classifier.Prepared> pictures);

  @Override
  void close();
}
