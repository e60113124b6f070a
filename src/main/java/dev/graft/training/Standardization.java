package dev.graft.training;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import java.util.Arrays;
import java.util.Random;

/**
 * Mean and deviation of every feature over training images, in one pass, in double precision.
 *
 * <p>A feature that happens not to vary in a few images would be blown up in the first one in which
 * it does. So variances are measured as if there were {@value #PRIOR} more images, in which each
 * feature varied as the feature in the middle does; among thousands these don't matter.
 */
public final class Standardization {
  /** Keeps a feature that never varies from being divided by 0. */
  private static final double LEAST_VARIANCE = 1e-6;

  private static final int PRIOR = 10;

  /** Rows that it is measured on where each costs a forward pass. */
  private static final int MEASURED = 5_000;

  private final double[] sums;
  private final double[] squares;
  private long count;

  Standardization(int width) {
    sums = new double[width];
    squares = new double[width];
  }

  /**
   * Measures features and sets a graft's scaling by them.
   *
   * @param fromPixels whether batches hold pixels, and not what the root gives
   */
  public static void fit(
      DjlNetwork graft, boolean fromPixels, FeatureBatches batches, NDManager manager) {
    GraphBlock before = graft.measured(fromPixels);
    Standardization measured = new Standardization(graft.design().featureWidth());
    for (Batch batch : batches.getData(manager)) {
      try (batch) {
        ParameterStore parameters = new ParameterStore(batch.getManager(), false);
        NDList features = before.forward(parameters, batch.getData(), false);
        measured.add(features.singletonOrThrow().toFloatArray());
      }
    }
    graft.standardizeBy(measured.means(), measured.deviations());
  }

  /**
   * The rows to measure on where each costs a forward pass: some, drawn by the seed; where there
   * are few, all.
   */
  public static int[] sample(int[] rows, long seed) {
    return rows.length <= MEASURED
        ? rows
        : new Random(seed)
            .ints(0, rows.length)
            .distinct()
            .limit(MEASURED)
            .map(i -> rows[i])
            .toArray();
  }

  /** Adds rows of features, one after the other. */
  void add(float[] rows) {
    for (int at = 0; at < rows.length; count++) {
      for (int i = 0; i < sums.length; i++, at++) {
        sums[i] += rows[at];
        squares[i] += (double) rows[at] * rows[at];
      }
    }
  }

  float[] means() {
    float[] means = new float[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = (float) (sums[i] / count);
    }
    return means;
  }

  float[] deviations() {
    double[] variances = new double[sums.length];
    for (int i = 0; i < variances.length; i++) {
      double mean = sums[i] / count;
      variances[i] = Math.max(0, squares[i] / count - mean * mean);
    }
    double median = Arrays.stream(variances).sorted().toArray()[variances.length / 2];
    float[] deviations = new float[sums.length];
    for (int i = 0; i < deviations.length; i++) {
      double variance = (count * variances[i] + PRIOR * median) / (count + PRIOR);
      deviations[i] = (float) Math.sqrt(variance + LEAST_VARIANCE);
    }
    return deviations;
  }
}
