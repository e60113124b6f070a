package dev.graft.training;

import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import java.util.Arrays;
import java.util.List;

/**
 * A choice of features and their scaling, measured on training images. The network repeats it: it
 * selects stages, takes powers, divides by norms and standardizes in layers of their own, and the
 * rest (a common factor, and the means where nothing is standardized) is part of the output layer.
 *
 * @param lastOnly whether only the last stage is used
 * @param scaling of the features, as in the network's design
 * @param means subtracted from each feature
 * @param deviations divide each feature after that; 1 where nothing is standardized
 * @param factor divides all features, so that their mean squared norm is 1
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FeatureScaling(
    boolean lastOnly,
    NetworkDesign.Scaling scaling,
    float[] means,
    float[] deviations,
    double factor) {
  /** Returns the choice in words, for the log and {@code run.json}. */
  @Override
  public String toString() {
    return (lastOnly ? "last stage" : "all stages")
        + (scaling.power() == 1 ? "" : ", signed power " + scaling.power())
        + (scaling.normalize() ? ", L2-normalized" : "")
        + (scaling.standardize() ? ", standardized" : "");
  }

  /** A scaling that has not been measured yet. */
  record Candidate(boolean lastOnly, NetworkDesign.Scaling scaling) {
    /**
     * Measures it.
     *
     * @param features {@code (n, F)}, of all stages
     * @param stages the number of features of each stage
     */
    FeatureScaling measure(Matrix features, List<Integer> stages) {
      Matrix chosen = transform(features, stages, this);
      Standardization measured = new Standardization(chosen.width());
      measured.add(chosen.values());
      float[] means = measured.means();
      float[] deviations = measured.deviations();
      if (!scaling.standardize()) {
        Arrays.fill(deviations, 1);
      }
      double squares = 0;
      float[] values = chosen.values();
      for (int i = 0; i < values.length; i++) {
        int feature = i % chosen.width();
        double value = (values[i] - means[feature]) / deviations[feature];
        squares += value * value;
      }
      double factor = Math.sqrt(squares / chosen.rows());
      // The features of all images may be the same.
      return new FeatureScaling(lastOnly, scaling, means, deviations, factor > 0 ? factor : 1);
    }
  }

  /**
   * Scales features.
   *
   * @param features {@code (n, F)}, of all stages
   * @param stages the number of features of each stage
   */
  Matrix of(Matrix features, List<Integer> stages) {
    Matrix scaled = transform(features, stages, new Candidate(lastOnly, scaling));
    float[] values = scaled.values();
    for (int i = 0; i < values.length; i++) {
      int feature = i % scaled.width();
      values[i] = (float) ((values[i] - means[feature]) / deviations[feature] / factor);
    }
    return scaled;
  }

  /** Scales features as the layers before the head do. */
  Matrix forHead(Matrix features, List<Integer> stages) {
    Matrix scaled = transform(features, stages, new Candidate(lastOnly, scaling));
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
    int from = candidate.lastOnly() ? features.width() - last : 0;
    Matrix chosen = features.columns(from, features.width());
    float[] values = chosen.values();
    double power = candidate.scaling().power();
    if (power != 1) {
      for (int i = 0; i < values.length; i++) {
        values[i] = Layer.Power.of(values[i], power);
      }
    }
    if (candidate.scaling().normalize()) {
      List<Integer> widths = candidate.lastOnly() ? List.of(last) : stages;
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
