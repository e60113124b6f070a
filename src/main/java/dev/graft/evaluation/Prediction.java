package dev.graft.evaluation;

/**
 * The prediction of a classifier for one labeled image.
 *
 * @param index the image's index in its set, from 0
 * @param truth the index of its class
 * @param predicted the index of the most probable class; the lowest of equals
 * @param probability of the predicted class, 0 to 1
 */
public record Prediction(int index, int truth, int predicted, float probability) {
  /** Returns whether the predicted class is the true one. */
  public boolean correct() {
    return truth == predicted;
  }
}
