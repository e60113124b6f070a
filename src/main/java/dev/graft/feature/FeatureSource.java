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

  /**
   * Returns the source for a pass over the rows in training; one that samples anew in each pass
   * returns other values.
   *
   * @param pass counted from 0
   */
  default FeatureSource inPass(int pass) {
    return this;
  }
}
