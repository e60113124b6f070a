package dev.graft.feature;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** The input of what is trained, by row: the images in their set's order. */
public interface FeatureSource {
  /**
   * The rows of a batch, in the order asked for, as the trained part of a network takes them:
   * float32, owned by {@code manager}.
   */
  NDList read(NDManager manager, int[] rows);
}
