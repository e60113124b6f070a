package dev.graft.training;

import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import java.util.Arrays;
import java.util.List;

/**
 * A choice of features and their scaling, measured on training images. The network repeats it: it
 * selects stages, takes powers, divides by norms and standardizes in layers of their own, and the
 * rest (weights, a common factor, and the means where nothing is standardized) is part of the
 * output layer.
 *
 * @param stages that are used, and how much each counts
 * @param scaling of the features, as in the network's design
 * @param means subtracted from each feature
 * @param deviations divide each feature after that; 1 where nothing is standardized
 * @param weights multiply each feature after that, by its stage
 * @param factor divides all features, so that their mean squared norm is 1
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FeatureScaling(
    Stages stages,
    NetworkDesign.Scaling scaling,
    float[] means,
    float[] deviations,
    float[] weights,
    double factor) {
  /** Which stages of the backbone are used. */
  public enum Stages {
    /** The last one. */
    LAST("last stage"),
    /** All, multiplied by the square of their place, so that the last counts most. */
    RISING("all stages, the later the more"),
    /** All, as they are. */
    EQUAL("all stages");

    private final String words;

    Stages(String words) {
      this.words = words;
    }

    /** Returns the factor of the features of a stage. */
    private double weight(int stage, int count) {
      double place = (stage + 1.0) / count;
      return this == RISING ? place * place : 1;
    }

    /** Returns the weight of each feature of the used stages. */
    private float[] weights(List<Integer> widths) {
      int count = widths.size();
      int first = this == LAST ? count - 1 : 0;
      float[] weights = new float[widths.subList(first, count).stream().mapToInt(w -> w).sum()];
      for (int stage = first, at = 0; stage < count; stage++) {
        Arrays.fill(weights, at, at + widths.get(stage), (float) weight(stage, count));
        at += widths.get(stage);
      }
      return weights;
    }
  }

  /** Returns the choice in words, for the log and {@code run.json}. */
  @Override
  public String toString() {
    return stages.words
        + (scaling.power() == 1 ? "" : ", signed power " + scaling.power())
        + (scaling.normalize() ? ", L2-normalized" : "")
        + (scaling.standardize() ? ", standardized" : "");
  }

  /**
   * A measured scaling and the scaled features.
   *
   * @param rows {@code (n, F)}, of the used stages
   */
  record Scaled(FeatureScaling scaling, Matrix rows) {}

  /** A scaling that has not been measured yet. */
  record Candidate(Stages used, NetworkDesign.Scaling scaling) {
    /**
     * Measures means, deviations and the common factor, and scales the features.
     *
     * @param features {@code (n, F)}, of all stages
     * @param stages the number of features of each stage
     */
    Scaled scale(Matrix features, List<Integer> stages) {
      Matrix rows = transform(features, stages, this);
      int width = rows.width();
      Standardization measured = new Standardization(width);
      measured.add(rows.values());
      float[] means = measured.means();
      float[] deviations = measured.deviations();
      if (!scaling.standardize()) {
        Arrays.fill(deviations, 1);
      }
      float[] weights = used.weights(stages);
      double squares = 0;
      float[] values = rows.values();
      for (int i = 0; i < values.length; i++) {
        int feature = i % width;
        double value = (values[i] - means[feature]) / deviations[feature] * weights[feature];
        squares += value * value;
      }
      // The features of all images may be the same.
      double factor = squares > 0 ? Math.sqrt(squares / rows.rows()) : 1;
      for (int i = 0; i < values.length; i++) {
        int feature = i % width;
        double value = (values[i] - means[feature]) / deviations[feature];
        values[i] = (float) (value * weights[feature] / factor);
      }
      return new Scaled(
          new FeatureScaling(used, scaling, means, deviations, weights, factor), rows);
    }
  }

  /** Scales features as the layers before the head do. */
  Matrix forHead(Matrix features, List<Integer> widths) {
    Matrix scaled = transform(features, widths, new Candidate(stages, scaling));
    float[] values = scaled.values();
    for (int i = 0; scaling.standardize() && i < values.length; i++) {
      int feature = i % scaled.width();
      values[i] = (values[i] - means[feature]) / deviations[feature];
    }
    return scaled;
  }

  /** Selects stages, takes powers and divides by norms; returns a new matrix. */
  private static Matrix transform(Matrix features, List<Integer> stages, Candidate candidate) {
    int last = stages.get(stages.size() - 1);
    boolean lastOnly = candidate.used() == Stages.LAST;
    Matrix chosen = features.last(lastOnly ? last : features.width());
    float[] values = chosen.values();
    double power = candidate.scaling().power();
    if (power != 1) {
      for (int i = 0; i < values.length; i++) {
        values[i] = Layer.Power.of(values[i], power);
      }
    }
    if (candidate.scaling().normalize()) {
      List<Integer> widths = lastOnly ? List.of(last) : stages;
      for (int at = 0; at < values.length; ) {
        for (int width : widths) {
          normalize(values, at, width);
          at += width;
        }
      }
    }
    return chosen;
  }

  private static void normalize(float[] values, int at, int width) {
    double squares = Layer.L2Normalize.EPSILON;
    for (int i = at; i < at + width; i++) {
      squares += (double) values[i] * values[i];
    }
    float norm = (float) Math.sqrt(squares);
    for (int i = at; i < at + width; i++) {
      values[i] /= norm;
    }
  }
}
