package dev.graft.evaluation;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * The divisor of the logits in temperature scaling, fitted after training so that probabilities
 * match accuracy; the order of the classes does not change (Guo et al. 2017, "On Calibration of
 * Modern Neural Networks").
 *
 * @param value above 1 for an overconfident network
 * @param images the number of images that it was fitted to; 0 for {@link #NONE}
 */
public record Temperature(double value, int images) {
  /** Leaves all probabilities as they are; fitted to no image. */
  public static final Temperature NONE = new Temperature(1, 0);

  /** With fewer images the temperature varies more than it improves. */
  public static final int MIN_IMAGES = 100;

  private static final double MIN = 0.05;
  private static final double MAX = 20;

  /** Golden-section steps: the interval shrinks to less than a millionth. */
  private static final int STEPS = 32;

  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  public Temperature {
    if (!(value >= MIN && value <= MAX)) {
      throw new IllegalArgumentException("a temperature must be 0.05 to 20, got " + value);
    }
  }

  /**
   * Returns the temperature with the lowest cross-entropy. A share of 1 / (N + 2) of each label
   * counts for the other classes, as in Platt 1999 for two; without it, N correct predictions would
   * drive the temperature to its lower bound.
   *
   * @param probabilities of images that were not trained on, one per class
   * @param truths the index of each image's class
   * @return {@link #NONE} for fewer than {@link #MIN_IMAGES} images, and if the minimum is not
   *     between the bounds
   */
  public static Temperature fit(List<float[]> probabilities, List<Integer> truths) {
    return probabilities.size() < MIN_IMAGES ? NONE : fitToAny(probabilities, truths);
  }

  /** Returns the temperature as {@link #fit}, but for any number of images. */
  public static Temperature fitToAny(List<float[]> probabilities, List<Integer> truths) {
    int count = probabilities.size();
    double[][] logits = new double[count][];
    for (int i = 0; i < count; i++) {
      logits[i] = logits(probabilities.get(i));
    }
    double others = 1.0 / (count + 2);
    double logarithm =
        minimum(
            x -> {
              double loss = 0;
              for (int i = 0; i < count; i++) {
                loss += loss(logits[i], truths.get(i), others, Math.exp(-x));
              }
              return loss;
            },
            Math.log(MIN),
            Math.log(MAX));
    double found = Math.exp(logarithm);
    // At a bound the loss has no minimum, for example if a class was not trained on.
    return found > 1.01 * MIN && found < 0.99 * MAX ? new Temperature(found, count) : NONE;
  }

  /** Returns logits that give these probabilities. */
  private static double[] logits(float[] probabilities) {
    double[] logits = new double[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.log(Math.max(probabilities[i], Float.MIN_NORMAL));
    }
    return logits;
  }

  private static double loss(double[] logits, int truth, double others, double factor) {
    double sum = 0;
    double wrong = 0;
    for (int i = 0; i < logits.length; i++) {
      sum += Math.exp(factor * logits[i]);
      wrong += i == truth ? 0 : logits[i];
    }
    double target = (1 - others) * logits[truth] + others * wrong / Math.max(1, logits.length - 1);
    return Math.log(sum) - factor * target;
  }

  /** Returns the minimum of a function that falls and then rises. */
  private static double minimum(DoubleUnaryOperator function, double from, double to) {
    double low = from;
    double high = to;
    double a = high - GOLDEN * (high - low);
    double b = low + GOLDEN * (high - low);
    double atA = function.applyAsDouble(a);
    double atB = function.applyAsDouble(b);
    for (int i = 0; i < STEPS; i++) {
      if (atA < atB) {
        high = b;
        b = a;
        atB = atA;
        a = high - GOLDEN * (high - low);
        atA = function.applyAsDouble(a);
      } else {
        low = a;
        a = b;
        atA = atB;
        b = low + GOLDEN * (high - low);
        atB = function.applyAsDouble(b);
      }
    }
    return (low + high) / 2;
  }

  /** Returns probabilities at temperature 1 scaled to this temperature. */
  public float[] of(float[] probabilities) {
    if (value == 1) {
      return probabilities;
    }
    double[] logits = logits(probabilities);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.exp(logits[i] / value);
      sum += logits[i];
    }
    float[] scaled = new float[logits.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (logits[i] / sum);
    }
    return scaled;
  }
}
