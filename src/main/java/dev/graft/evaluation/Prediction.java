package dev.graft.evaluation;

/**
 * What a classifier said about one labelled picture.
 *
 * @param index the picture's place in its set, from 0
 * @param truth the index of its class
 * @param predicted the index of the most probable class; of several, the lowest
 * @param probability of the predicted class, 0 to 1
 */
public record Prediction(int index, int truth, int predicted, float probability) {
  public boolean correct() {
    return truth == predicted;
  }
}
