package dev.graft.evaluation;

import com.google.errorprone.annotations.FormatMethod;
import dev.graft.io.Csv;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The predictions of a classifier on a labeled set, and the metrics that follow from them. It never
 * changes.
 */
public final class Evaluation {
  private static final double MIN_PROBABILITY = 1e-12;

  /** Softmax in float16 may exceed 1 by its rounding; a logit exceeds it by far. */
  private static final float MAX_PROBABILITY = 1.001f;

  /** From this ratio of the largest to the smallest class on, accuracy alone misleads. */
  private static final double IMBALANCE = 1.5;

  private final List<Prediction> predictions;
  private final double loss;
  private final double top3Accuracy;
  private final ConfusionMatrix confusion;

  /**
   * Evaluates predictions.
   *
   * @param classNames in the order of the class indices
   * @param predictions one per image, in the set's order
   * @param loss see {@link #loss}
   * @param top3Accuracy see {@link #top3Accuracy}
   */
  public Evaluation(
      List<String> classNames, List<Prediction> predictions, double loss, double top3Accuracy) {
    if (predictions.isEmpty()) {
      throw new IllegalArgumentException("An evaluation needs at least one image, got none");
    }
    this.predictions = List.copyOf(predictions);
    this.loss = loss;
    this.top3Accuracy = top3Accuracy;
    this.confusion = new ConfusionMatrix(classNames, predictions);
  }

  /** Returns an empty collector of the probabilities of images. */
  public static Collector collector(List<String> classNames) {
    return new Collector(classNames);
  }

  /** Returns the names of the classes, in the order of the class indices. */
  public List<String> classNames() {
    return confusion.classNames();
  }

  /** Returns the predictions, one per image, in the set's order. */
  public List<Prediction> predictions() {
    return predictions;
  }

  /** Returns the cross-entropy in nats: the mean of -ln p(truth), with p at least 1e-12. */
  public double loss() {
    return loss;
  }

  /**
   * Returns the share of images whose true class is among the three most probable ones; of equally
   * probable classes the lower index comes first. With three classes or fewer it is always 1.
   */
  public double top3Accuracy() {
    return top3Accuracy;
  }

  /** Returns the number of images. */
  public int count() {
    return predictions.size();
  }

  /** Returns the share of correct predictions: top-1. */
  public double accuracy() {
    return (double) confusion.trace() / count();
  }

  /**
   * Returns the 95 % confidence interval of the accuracy on all images of this kind, if these are a
   * random sample of them.
   */
  public Interval interval() {
    return Interval.wilson(confusion.trace(), count());
  }

  /** Returns the metrics of every class, in the order of the class indices. */
  public List<ClassFigures> perClass() {
    return IntStream.range(0, confusion.size())
        .mapToObj(index -> ClassFigures.of(confusion, index))
        .toList();
  }

  /**
   * Returns the means over the classes, each class with the same weight. As in scikit-learn, a
   * class without images that was never predicted is left out; one without images that was
   * predicted counts with its zeros.
   */
  public Averages macro() {
    return Averages.of(
        perClass(), index -> confusion.support(index) + confusion.predicted(index) > 0 ? 1 : 0);
  }

  /**
   * Returns the means over the classes, weighted by support; that of the recall is the accuracy.
   */
  public Averages weighted() {
    return Averages.of(perClass(), confusion::support);
  }

  /** Returns whether class sizes differ so much that accuracy alone misleads. */
  public boolean imbalanced() {
    IntSummaryStatistics support =
        IntStream.range(0, confusion.size()).map(confusion::support).summaryStatistics();
    return support.getMax() >= IMBALANCE * support.getMin();
  }

  /** Returns the expected calibration error, see {@link Calibration#error}. */
  public double ece() {
    return calibration().error();
  }

  /** Returns the reliability table of the predictions. */
  public Calibration calibration() {
    return Calibration.of(predictions);
  }

  /** Returns the confusion matrix. */
  public ConfusionMatrix confusion() {
    return confusion;
  }

  /** Returns one row per image: its index in the set, true and predicted class, probability. */
  public String predictionsCsv() {
    return csv("index", predictions, Integer::toString);
  }

  /** Returns one row per class, in the order of the class indices, without averages. */
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

  /** Returns the wrong predictions, the most confident first, then by index. */
  public List<Prediction> mistakes() {
    return predictions.stream()
        .filter(prediction -> !prediction.correct())
        .sorted(
            Comparator.comparing(Prediction::probability)
                .reversed()
                .thenComparing(Prediction::index))
        .toList();
  }

  /** Returns the correct predictions, the least confident first, then by index. */
  public List<Prediction> leastConfident() {
    return predictions.stream()
        .filter(Prediction::correct)
        .sorted(Comparator.comparing(Prediction::probability).thenComparing(Prediction::index))
        .toList();
  }

  /**
   * Returns one row per wrong prediction, in the order of {@link #mistakes}.
   *
   * @param path of the image of an index in the set
   */
  public String mistakesCsv(IntFunction<String> path) {
    return csv("path", mistakes(), path);
  }

  private String csv(String key, List<Prediction> rows, IntFunction<String> keyOf) {
    var csv = new StringBuilder(key + ",truth,predicted,probability\n");
    for (Prediction p : rows) {
      String truth = classNames().get(p.truth());
      String predicted = classNames().get(p.predicted());
      String name = keyOf.apply(p.index());
      csv.append(Csv.row(List.of(name, truth, predicted, number(p.probability()))));
    }
    return csv.toString();
  }

  private static String number(double number) {
    return Text.of("%.6f", number);
  }

  /**
   * Collects images one by one, in the order of their set. It stores only the largest of an image's
   * probabilities, so memory does not grow with the number of classes.
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
     * Adds the next image.
     *
     * @param truth the index of its class
     * @param probabilities one per class, after softmax; not stored
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
      losses -= Math.log(Math.max(probabilities[truth], MIN_PROBABILITY));
      inTop3 += rank < 3 ? 1 : 0;
      predictions.add(
          new Prediction(predictions.size(), truth, predicted, probabilities[predicted]));
      return this;
    }

    /** Returns the evaluation of the images so far. */
    public Evaluation evaluation() {
      int count = predictions.size();
      return new Evaluation(classNames, predictions, losses / count, (double) inTop3 / count);
    }

    private void check(int truth, float[] probabilities) {
      int classes = classNames.size();
      if (probabilities.length != classes) {
        throw wrong(
            "expected %d probabilities, one per class, got %d", classes, probabilities.length);
      }
      if (truth < 0 || truth >= classes) {
        throw wrong("the true class must be 0 to %d, got %d", classes - 1, truth);
      }
      for (int i = 0; i < probabilities.length; i++) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= MAX_PROBABILITY)) {
          throw wrong(
              "the probability of class %s must be 0 to 1, got %s",
              classNames.get(i), probabilities[i]);
        }
      }
    }

    @FormatMethod
    private IllegalArgumentException wrong(String format, Object... values) {
      String image = "Image " + predictions.size() + ": ";
      return new IllegalArgumentException(image + Text.of(format, values));
    }
  }
}
