package dev.graft.evaluation;

import com.google.errorprone.annotations.FormatMethod;
import dev.graft.Text;
import dev.graft.io.Csv;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The verdict on a classifier: what it said about each picture of a labelled set, and the figures
 * that follow.
 *
 * @param classNames in the order of the class indices
 * @param predictions one a picture, in the set's order
 * @param loss the mean of -ln p(truth), p no less than 1e-12: cross-entropy, in nats
 * @param top3Accuracy the share of pictures whose truth is among the three most probable classes,
 *     the lower index first of equally probable ones
 */
public record Evaluation(
    List<String> classNames, List<Prediction> predictions, double loss, double top3Accuracy) {
  private static final double LEAST_PROBABILITY = 1e-12;

  /** Softmax in float16 may exceed 1 by its rounding; a logit exceeds it by far. */
  private static final float MOST_PROBABILITY = 1.001f;

  public Evaluation {
    classNames = List.copyOf(classNames);
    predictions = List.copyOf(predictions);
    if (predictions.isEmpty()) {
      throw new IllegalArgumentException("An evaluation needs at least one picture, got none");
    }
  }

  public static Collector collector(List<String> classNames) {
    return new Collector(classNames);
  }

  /** The number of pictures. */
  public int count() {
    return predictions.size();
  }

  /** The share of pictures that were taken for what they are: top-1. */
  public double accuracy() {
    return (double) predictions.stream().filter(Prediction::correct).count() / count();
  }

  /**
   * Where the accuracy on all pictures of this kind lies, with a confidence of 95 %, if these are
   * drawn from them at random.
   */
  public Interval interval() {
    return Interval.wilson(confusion().trace(), count());
  }

  /** The figures of every class, in the order of the class indices. */
  public List<ClassFigures> perClass() {
    ConfusionMatrix matrix = confusion();
    return IntStream.range(0, matrix.size())
        .mapToObj(index -> ClassFigures.of(matrix, index))
        .toList();
  }

  /**
   * The means in which each class counts the same, however many pictures it has. As in
   * scikit-learn, a class of which there is no picture, and for which none was taken, is left out;
   * a class of which there is none, but for which some were taken, counts with its zeros.
   */
  public Averages macro() {
    ConfusionMatrix matrix = confusion();
    return Averages.of(
        perClass(), index -> matrix.support(index) + matrix.predicted(index) > 0 ? 1 : 0);
  }

  /** The means in which each class counts by its support; that of the recall is the accuracy. */
  public Averages weighted() {
    ConfusionMatrix matrix = confusion();
    return Averages.of(perClass(), matrix::support);
  }

  /** The expected calibration error, see {@link Calibration}. */
  public double ece() {
    return calibration().error();
  }

  public Calibration calibration() {
    return Calibration.of(predictions);
  }

  public ConfusionMatrix confusion() {
    return new ConfusionMatrix(classNames, predictions);
  }

  /** A row a picture: its index in the set, true and predicted class by name, probability. */
  public String predictionsCsv() {
    return csv("index", predictions, Integer::toString);
  }

  /** A row a class, in the order of the class indices; averages are no classes and not here. */
  public String classesCsv() {
    var csv = new StringBuilder("class,precision,recall,f1,support\n");
    for (ClassFigures c : perClass()) {
      csv.append(
          Csv.row(
              List.of(
                  c.name(),
                  number(c.precision()),
                  number(c.recall()),
                  number(c.f1()),
                  Integer.toString(c.support()))));
    }
    return csv.toString();
  }

  /** The wrong predictions, the most confident first; of equally confident ones the lower index. */
  public List<Prediction> mistakes() {
    return predictions.stream()
        .filter(prediction -> !prediction.correct())
        .sorted(
            Comparator.comparing(Prediction::probability)
                .reversed()
                .thenComparing(Prediction::index))
        .toList();
  }

  /**
   * A row a wrong prediction, in the order of {@link #mistakes}.
   *
   * @param path of the picture of an index in the set
   */
  public String mistakesCsv(IntFunction<String> path) {
    return csv("path", mistakes(), path);
  }

  private String csv(String key, List<Prediction> rows, IntFunction<String> keyOf) {
    var csv = new StringBuilder(key + ",truth,predicted,probability\n");
    for (Prediction p : rows) {
      String truth = classNames.get(p.truth());
      String predicted = classNames.get(p.predicted());
      String name = keyOf.apply(p.index());
      csv.append(Csv.row(List.of(name, truth, predicted, number(p.probability()))));
    }
    return csv.toString();
  }

  private static String number(double number) {
    return Text.of("%.6f", number);
  }

  /**
   * Takes pictures one by one, in the order of their set. Of each picture's probabilities it keeps
   * the greatest only, so memory does not grow with the number of classes.
   */
  public static final class Collector {
    private final List<String> classNames;
    private final List<Prediction> predictions = new ArrayList<>();
    private double losses;
    private int inTop3;

    private Collector(List<String> classNames) {
      this.classNames = List.copyOf(classNames);
    }

    /**
     * Adds the next picture.
     *
     * @param truth the index of its class
     * @param probabilities one a class, after softmax; not kept
     */
    public Collector add(int truth, float[] probabilities) {
      check(truth, probabilities);
      int predicted = 0;
      int rank = 0; // classes that come before the truth
      for (int i = 0; i < probabilities.length; i++) {
        if (probabilities[i] > probabilities[predicted]) {
          predicted = i;
        }
        if (probabilities[i] > probabilities[truth]
            || (probabilities[i] == probabilities[truth] && i < truth)) {
          rank++;
        }
      }
      losses -= Math.log(Math.max(probabilities[truth], LEAST_PROBABILITY));
      inTop3 += rank < 3 ? 1 : 0;
      predictions.add(
          new Prediction(predictions.size(), truth, predicted, probabilities[predicted]));
      return this;
    }

    /** The verdict on the pictures so far. */
    public Evaluation evaluation() {
      int count = predictions.size();
      return new Evaluation(classNames, predictions, losses / count, (double) inTop3 / count);
    }

    private void check(int truth, float[] probabilities) {
      int classes = classNames.size();
      if (probabilities.length != classes) {
        throw wrong(
            "expected %d probabilities, one a class, got %d", classes, probabilities.length);
      }
      if (truth < 0 || truth >= classes) {
        throw wrong("the true class must be 0 to %d, got %d", classes - 1, truth);
      }
      for (int i = 0; i < probabilities.length; i++) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= MOST_PROBABILITY)) {
          throw wrong(
              "the probability of class %s must be 0 to 1, got %s",
              classNames.get(i), probabilities[i]);
        }
      }
    }

    @FormatMethod
    private IllegalArgumentException wrong(String format, Object... values) {
      String picture = "Picture " + predictions.size() + ": ";
      return new IllegalArgumentException(picture + Text.of(format, values));
    }
  }
}
