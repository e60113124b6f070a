package dev.graft.training;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.GraphBlock;
import java.util.Arrays;
import java.util.Random;

/**
 * Mean and standard deviation of each feature over training images, measured in one pass in double
 * precision.
 *
 * <p>With few images, a feature may be constant by chance; in the first image in which it varies,
 * it would be scaled up extremely. Therefore each variance is a weighted mean with the median
 * variance of all features, which counts as {@value #PRIOR_IMAGES} images; with thousands of images
 * this does not matter.
 */
public final class Standardization {
  /** Added to every variance, so that constant features are not divided by 0. */
  private static final double MIN_VARIANCE = 1e-6;

  /** Weight of the median variance, in images. */
  private static final int PRIOR_IMAGES = 10;

  /** Maximum number of images if each costs a forward pass. */
  public static final int MAX_IMAGES = 5_000;

  private final double[] sums;
  private final double[] squares;
  private long count;

  Standardization(int width) {
    sums = new double[width];
    squares = new double[width];
  }

  /**
   * Measures features and sets the standardization of a network.
   *
   * @param stages compute the features
   * @param manager creates the arrays of the batches
   */
  public static void fit(
      DjlNetwork network, TrainedStages stages, FeatureBatches batches, NDManager manager) {
    GraphBlock before = network.beforeScaling();
    Standardization measured = new Standardization(network.design().featureWidth());
    stages.forEach(
        batches,
        manager,
        (batch, features) -> {
          ParameterStore parameters = new ParameterStore(batch.getManager(), false);
          NDList scaled = before.forward(parameters, new NDList(features), false);
          measured.add(scaled.singletonOrThrow().toFloatArray());
        });
    network.setStandardization(measured.means(), measured.deviations());
  }

  /**
   * Returns the rows to measure if each costs a forward pass: {@value #MAX_IMAGES} rows sampled
   * with the seed, or all rows if there are not more.
   */
  public static int[] sample(int[] rows, long seed) {
    return rows.length <= MAX_IMAGES
        ? rows
        : new Random(seed)
            .ints(0, rows.length)
            .distinct()
            .limit(MAX_IMAGES)
            .map(i -> rows[i])
            .toArray();
  }

  /** Adds rows of features, {@code (n, F)} in row-major order. */
  void add(float[] rows) {
    for (int at = 0; at < rows.length; count++) {
      for (int i = 0; i < sums.length; i++, at++) {
        sums[i] += rows[at];
        squares[i] += (double) rows[at] * rows[at];
      }
    }
  }

  /** Returns the mean of each feature. */
  float[] means() {
    float[] means = new float[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = (float) (sums[i] / count);
    }
    return means;
  }

  /** Returns the standard deviation of each feature. */
  float[] deviations() {
    double[] variances = new double[sums.length];
    for (int i = 0; i < variances.length; i++) {
      double mean = sums[i] / count;
      variances[i] = Math.max(0, squares[i] / count - mean * mean);
    }
    double median = Arrays.stream(variances).sorted().toArray()[variances.length / 2];
    float[] deviations = new float[sums.length];
    for (int i = 0; i < deviations.length; i++) {
      double variance = (count * variances[i] + PRIOR_IMAGES * median) / (count + PRIOR_IMAGES);
      deviations[i] = (float) Math.sqrt(variance + MIN_VARIANCE);
    }
    return deviations;
  }
}
