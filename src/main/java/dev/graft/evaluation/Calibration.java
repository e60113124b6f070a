package dev.graft.evaluation;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A reliability table: predictions in 15 bins of equal width, by the probability of the predicted
 * class, with their accuracy.
 *
 * <p>See Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
 *
 * @param bins bin i has the probabilities p with {@code i / 15 < p <= (i + 1) / 15}
 */
public record Calibration(List<Bin> bins) {
  public static final int BINS = 15;

  /**
   * The predictions with a probability in one range.
   *
   * @param count their number
   * @param confidence the mean of their probabilities; 0 for an empty bin
   * @param accuracy the share of them that is correct; 0 for an empty bin
   */
  public record Bin(int count, double confidence, double accuracy) {}

  public Calibration {
    bins = List.copyOf(bins);
  }

  public static Calibration of(List<Prediction> predictions) {
    int[] count = new int[BINS];
    int[] correct = new int[BINS];
    double[] confidence = new double[BINS];
    for (Prediction prediction : predictions) {
      int bin = bin(prediction.probability());
      count[bin]++;
      correct[bin] += prediction.correct() ? 1 : 0;
      confidence[bin] += prediction.probability();
    }
    return new Calibration(
        IntStream.range(0, BINS).mapToObj(i -> bin(count[i], confidence[i], correct[i])).toList());
  }

  private static int bin(float probability) {
    int bin = (int) Math.ceil((double) probability * BINS) - 1;
    return Math.max(0, Math.min(bin, BINS - 1));
  }

  private static Bin bin(int count, double confidence, int correct) {
    return count == 0
        ? new Bin(0, 0, 0)
        : new Bin(count, confidence / count, (double) correct / count);
  }

  /**
   * Returns the expected calibration error, 0 to 1: the mean distance between confidence and
   * accuracy, each bin weighted by its images. It is 0 without images.
   */
  public double error() {
    int count = bins.stream().mapToInt(Bin::count).sum();
    double gaps =
        bins.stream().mapToDouble(b -> b.count() * Math.abs(b.confidence() - b.accuracy())).sum();
    return count == 0 ? 0 : gaps / count;
  }
}
