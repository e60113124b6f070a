package dev.graft.feature;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** The input of the trained stages, by row; rows are those of an image set. */
public interface FeatureSource {
  /**
   * Returns a batch of rows, in the given order: one array {@code (N, …)}, float32, for each value
   * at the freeze boundary.
   *
   * @param manager owns the arrays
   */
  NDList read(NDManager manager, int[] rows);
}
