package dev.graft.evaluation;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * What logits are divided by after training, so that probabilities are as often right as they say;
 * the order of the classes stays (temperature scaling, Guo et al. 2017, "On Calibration of Modern
 * Neural Networks").
 *
 * @param value above 1 for a network that was too sure
 * @param pictures that it was fitted to; 0 for {@link #NONE}
 */
public record Temperature(double value, int pictures) {
  public static final Temperature NONE = new Temperature(1, 0);

  /** Of fewer pictures the temperature varies more than it mends. */
  public static final int LEAST_PICTURES = 100;

  private static final double LEAST = 0.05;
  private static final double MOST = 20;

  /** Golden-section steps: the interval shrinks to a millionth. */
  private static final int STEPS = 32;

  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  public Temperature {
    if (!(value >= LEAST && value <= MOST)) {
      throw new IllegalArgumentException("a temperature is 0.05 to 20, not " + value);
    }
  }

  /**
   * The temperature of the least cross-entropy. So that pictures all of which are named rightly
   * don't make it as small as can be, a share of 1 / (N + 2) of each truth counts for the other
   * classes (as Platt 1999 has it for two).
   *
   * @param probabilities of pictures that were not trained on, one a class
   * @param truths the index of each one's class
   * @return {@link #NONE} for fewer than {@link #LEAST_PICTURES}, and where no temperature between
   *     the bounds is the best
   */
  public static Temperature fit(List<float[]> probabilities, List<Integer> truths) {
    int count = probabilities.size();
    if (count < LEAST_PICTURES) {
      return NONE;
    }
    double[][] logits = new double[count][];
    for (int i = 0; i < count; i++) {
      logits[i] = logits(probabilities.get(i));
    }
    double others = 1.0 / (count + 2);
    double logarithm =
        least(
            x -> {
              double loss = 0;
              for (int i = 0; i < count; i++) {
                loss += loss(logits[i], truths.get(i), others, Math.exp(-x));
              }
              return loss;
            },
            Math.log(LEAST),
            Math.log(MOST));
    double found = Math.exp(logarithm);
    // At a bound nothing was found, as where they are of a class that was not trained on.
    return found > 1.01 * LEAST && found < 0.99 * MOST ? new Temperature(found, count) : NONE;
  }

  /** Logits that give these probabilities. */
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
    double wanted = (1 - others) * logits[truth] + others * wrong / Math.max(1, logits.length - 1);
    return Math.log(sum) - factor * wanted;
  }

  /** Where a function that falls and then rises is least. */
  private static double least(DoubleUnaryOperator function, double from, double to) {
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

  /** Probabilities at temperature 1 as they are at this one. */
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
