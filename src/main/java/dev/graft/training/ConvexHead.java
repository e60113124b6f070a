package dev.graft.training;

import dev.graft.evaluation.Temperature;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.recipe.Recipe;
import dev.graft.training.FeatureScaling.Stages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A linear head by {@link LogisticRegression}. Cross-validation chooses the strength of its penalty
 * and the scaling of the features; the head is then fitted to all images.
 *
 * @param scaling of the features
 * @param strength of the penalty
 * @param temperature fitted to the predictions out of fold at this strength
 * @param kernel of the output layer on the network's features, {@code (classes, F)}, row-major
 * @param bias of the output layer
 * @param outOfFold the class probabilities of each image by heads that did not see it, at
 *     temperature 1
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ConvexHead(
    FeatureScaling scaling,
    double strength,
    Temperature temperature,
    float[] kernel,
    float[] bias,
    float[][] outOfFold) {
  /**
   * The scalings to choose from; the first is the default. docs/choose-scaling.py compares it with
   * others, on splits of CIFAR-10's training batches.
   */
  private static final List<FeatureScaling.Candidate> CANDIDATES =
      List.of(
          new FeatureScaling.Candidate(Stages.RISING, new Scaling(0.5, true, false)),
          new FeatureScaling.Candidate(Stages.LAST, new Scaling(0.5, true, false)),
          new FeatureScaling.Candidate(Stages.LAST, new Scaling(1, true, false)),
          new FeatureScaling.Candidate(Stages.EQUAL, new Scaling(0.5, true, false)),
          new FeatureScaling.Candidate(Stages.EQUAL, new Scaling(0.5, false, true)));

  /** Strengths for features whose mean squared norm is 1, each the start of the next. */
  private static final double[] STRENGTHS = {1e-1, 1e-2, 1e-3, 2e-4, 4e-5};

  /** Standard errors by which another scaling must be better than the default. */
  private static final double MIN_STANDARD_ERRORS = 2;

  /** Maximum number of images on which the scaling is chosen, sampled by class. */
  private static final int MAX_CHOOSING = 500;

  /**
   * The cross-validation of fewer images than this is repeated, each time with other folds, up to
   * this number of predictions in total.
   */
  private static final int MAX_PREDICTIONS = 200;

  private static final int MAX_REPEATS = 5;

  /** Folds of the cross-validation, which are fitted in parallel. */
  public static final int FOLDS = 5;

  /**
   * Numbers in a pass, above which only the default is tried: images x classes x the number of
   * features, or of images if that is smaller.
   */
  private static final long MAX_CHOICE = 4_000_000;

  private static final int MAX_FINAL_STEPS = 60;

  /** Maximum number of probabilities that a temperature is fitted to. */
  private static final int MAX_PROBABILITIES = 200_000;

  private static final double TOLERANCE = 5e-4;

  /**
   * Maximum tolerance as a share of the gradient at zero, because with many classes all gradients
   * are small.
   */
  private static final double RELATIVE_TOLERANCE = 0.03;

  /** Maximum tolerance of the final fit as a share of the tolerance of the search. */
  private static final double RELATIVE_FINAL_TOLERANCE = 0.03;

  /** Maximum number of steps per strength; the next strength continues from there. */
  private static final int MAX_STEPS = 25;

  private static final double FINAL_TOLERANCE = 1e-6;

  /**
   * The images to train on.
   *
   * @param features {@code (n, F)}, of all stages
   * @param stages the number of features of each stage
   * @param labels the class of each image
   * @param weighting of the classes
   */
  @SuppressWarnings("ArrayRecordComponent") // large, and never compared
  public record Images(
      Matrix features,
      List<Integer> stages,
      int[] labels,
      int classes,
      Recipe.ClassWeights weighting) {
    /** Returns the images at some rows. */
    public Images some(int[] rows) {
      return new Images(
          features.rows(rows),
          stages,
          IntStream.of(rows).map(i -> labels[i]).toArray(),
          classes,
          weighting);
    }

    private LogisticRegression.ClassBalance balance(int[] labels) {
      double[] ones = new double[classes];
      Arrays.fill(ones, 1);
      double[] zeros = new double[classes];
      return switch (weighting) {
        case NONE -> new LogisticRegression.ClassBalance(ones, zeros);
        case BALANCED ->
            new LogisticRegression.ClassBalance(
                doubles(CrossEntropy.balanced(labels, classes), ones), zeros);
        case LOGIT_ADJUSTED ->
            new LogisticRegression.ClassBalance(
                ones, doubles(CrossEntropy.logShares(labels, classes), zeros));
      };
    }

    private static double[] doubles(float[] values, double[] ifEmpty) {
      return values.length == 0
          ? ifEmpty
          : IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    /** Returns the weight of each image in the cross-validated loss; their sum is 1. */
    private double[] weights() {
      float[] balanced =
          weighting == Recipe.ClassWeights.NONE
              ? new float[0]
              : CrossEntropy.balanced(labels, classes);
      double[] ofClass = new double[classes];
      Arrays.fill(ofClass, 1);
      double[] of = doubles(balanced, ofClass);
      double[] weights = IntStream.of(labels).mapToDouble(label -> of[label]).toArray();
      double sum = DoubleStream.of(weights).sum();
      return DoubleStream.of(weights).map(weight -> weight / sum).toArray();
    }
  }

  /** Distributes images over folds. */
  public interface Folds {
    /**
     * Returns the images of each fold.
     *
     * @param images to distribute, as indices of rows, ascending
     * @param count the number of folds, at least 2
     * @param round a number for other folds of the same images, from 0
     */
    List<int[]> of(int[] images, int count, int round);
  }

  /**
   * Returns the class probabilities of images, at the head's temperature.
   *
   * @param features {@code (n, F)}, of all stages
   * @param stages the number of features of each stage
   */
  public float[][] probabilities(Matrix features, List<Integer> stages) {
    Matrix scaled = scaling.forHead(features, stages);
    return at(
        temperature,
        new LogisticRegression.Solution(toDoubles(kernel), toDoubles(bias)).probabilities(scaled));
  }

  /** Returns this head at another temperature. */
  public ConvexHead at(Temperature other) {
    return new ConvexHead(scaling, strength, other, kernel, bias, outOfFold);
  }

  /** Returns the predictions out of fold, at the head's temperature. */
  public float[][] calibratedOutOfFold() {
    return at(temperature, outOfFold);
  }

  private static float[][] at(Temperature temperature, float[][] probabilities) {
    return Arrays.stream(probabilities).map(temperature::of).toArray(float[][]::new);
  }

  private static double[] toDoubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  /** Chooses scaling and strength, and fits the head. */
  public static ConvexHead fit(Images images, Folds folds) {
    int[] all = IntStream.range(0, images.labels().length).toArray();
    int[] some = sample(all, images, folds);
    Images few = images.some(some);
    Folds within = within(folds, some);
    Path chosen =
        choose(
            candidates(few).parallelStream()
                .map(candidate -> Path.of(few, candidate, within, STRENGTHS))
                .toList());
    if (some.length < all.length) {
      // More images need a weaker penalty. Candidates: the chosen strength, and weaker ones down to
      // the same penalty on the sum of the losses, divided by the spacing of the strengths.
      double strength = chosen.strengths[chosen.best];
      double share = (double) some.length / all.length;
      double[] near = {strength, strength * Math.sqrt(share) / 2, strength * share / 4};
      chosen = Path.of(images, chosen.candidate, folds, near);
    }
    return chosen.refit(images);
  }

  /** Returns the images to choose the scaling on. */
  private static int[] sample(int[] all, Images images, Folds folds) {
    int parts = (all.length + MAX_CHOOSING - 1) / MAX_CHOOSING;
    int[] sample = parts < 2 ? all : folds.of(all, parts, 0).get(0);
    long classes = IntStream.of(sample).map(i -> images.labels()[i]).distinct().count();
    return classes == images.classes() ? sample : all;
  }

  private static Folds within(Folds folds, int[] some) {
    return (images, count, round) ->
        folds.of(IntStream.of(images).map(i -> some[i]).toArray(), count, round).stream()
            .map(fold -> IntStream.of(fold).map(i -> Arrays.binarySearch(some, i)).toArray())
            .toList();
  }

  private static List<FeatureScaling.Candidate> candidates(Images images) {
    long n = images.labels().length;
    return n * Math.min(n, images.features().width()) * images.classes() > MAX_CHOICE
        ? CANDIDATES.subList(0, 1)
        : CANDIDATES;
  }

  /**
   * Returns the scaling with the lowest loss among the default and those that are better than it by
   * more than two standard errors of the difference. With one (Breiman et al. 1984, section 3.4.3),
   * five images per class often chose a worse one.
   */
  private static Path choose(List<Path> paths) {
    Path first = paths.get(0);
    Path best = first;
    for (Path each : paths) {
      if (each.loss() < best.loss() && first.isWorseThan(each)) {
        best = each;
      }
    }
    return best;
  }

  /**
   * The cross-validation of one scaling at several strengths. A strong penalty makes small logits,
   * which does not make the predicted classes wrong. So each strength is evaluated at the
   * temperature that suits it.
   */
  private static final class Path {
    private final FeatureScaling.Candidate candidate;
    private final double[] strengths;
    private final double[] weights;
    private final int best;

    /** The class probabilities of each image at the best strength and temperature 1. */
    private final float[][] outOfFold;

    /** The loss of each image at the best strength. */
    private final double[] losses;

    /**
     * @param known the class probabilities of each image at each strength, by heads that did not
     *     see it, at temperature 1
     */
    private Path(
        FeatureScaling.Candidate candidate, double[] strengths, Images images, float[][][] known) {
      this.candidate = candidate;
      this.strengths = strengths;
      weights = images.weights();
      int lowest = 0;
      double[] lowestLosses = {};
      for (int s = 0; s < strengths.length; s++) {
        int step = 1 + known[s].length * images.classes() / MAX_PROBABILITIES;
        Temperature suits = temperature(known[s], images.labels(), step);
        double[] each = losses(at(suits, known[s]), images.labels());
        if (s == 0 || mean(each) < mean(lowestLosses)) {
          lowest = s;
          lowestLosses = each;
        }
      }
      best = lowest;
      outOfFold = known[best];
      losses = lowestLosses;
    }

    /**
     * @param step 1 for the temperature that suits all rows, 2 for every second row
     */
    private static Temperature temperature(float[][] rows, int[] labels, int step) {
      int[] some = IntStream.range(0, rows.length).filter(i -> i % step == 0).toArray();
      return Temperature.fitToAny(
          IntStream.of(some).mapToObj(i -> rows[i]).toList(),
          IntStream.of(some).mapToObj(i -> labels[i]).toList());
    }

    private static double[] losses(float[][] rows, int[] labels) {
      return IntStream.range(0, labels.length)
          .mapToDouble(i -> -Math.log(Math.max(rows[i][labels[i]], Float.MIN_NORMAL)))
          .toArray();
    }

    static Path of(
        Images images, FeatureScaling.Candidate candidate, Folds folds, double[] strengths) {
      Matrix rows = candidate.scale(images.features(), images.stages()).rows();
      Matrix coordinates = isWide(rows) ? new Cholesky(rows).coordinates() : rows;
      int n = rows.rows();
      int[] all = IntStream.range(0, n).toArray();
      int repeats = Math.max(1, Math.min(MAX_REPEATS, MAX_PREDICTIONS / n));
      float[][][] sums = new float[strengths.length][n][images.classes()];
      List<int[]> tasks = new ArrayList<>();
      for (int round = 0; round < repeats; round++) {
        for (int[] fold : folds.of(all, FOLDS, round)) {
          if (fold.length > 0 && fold.length < n) {
            tasks.add(fold);
          }
        }
      }
      float[][][][] predicted = new float[tasks.size()][][][];
      IntStream folded = IntStream.range(0, tasks.size());
      (FOLDS * bytes(images, coordinates) < Runtime.getRuntime().maxMemory() / 2
              ? folded.parallel()
              : folded)
          .forEach(i -> predicted[i] = predict(images, coordinates, tasks.get(i), strengths));
      for (int task = 0; task < tasks.size(); task++) {
        int[] fold = tasks.get(task);
        for (int s = 0; s < strengths.length; s++) {
          for (int i = 0; i < fold.length; i++) {
            float[] row = predicted[task][s][i];
            for (int c = 0; c < row.length; c++) {
              sums[s][fold[i]][c] += row[c] / repeats;
            }
          }
        }
      }
      return new Path(candidate, strengths, images, sums);
    }

    /**
     * Returns the approximate memory of the fit of a fold, in bytes: its rows twice, and L-BFGS's
     * vectors.
     */
    private static long bytes(Images images, Matrix coordinates) {
      long kernel = (long) images.classes() * coordinates.width();
      return 2L * Float.BYTES * coordinates.rows() * coordinates.width()
          + LogisticRegression.VECTORS * Double.BYTES * kernel;
    }

    /** Returns the probabilities of a fold's images at each strength. */
    private static float[][][] predict(
        Images images, Matrix coordinates, int[] fold, double[] strengths) {
      int[] rest =
          IntStream.range(0, coordinates.rows())
              .filter(i -> Arrays.binarySearch(fold, i) < 0)
              .toArray();
      int[] labels = IntStream.of(rest).map(i -> images.labels()[i]).toArray();
      LogisticRegression problem =
          new LogisticRegression(
              coordinates.rows(rest), labels, images.classes(), images.balance(labels));
      double tolerance = tolerance(problem);
      Matrix heldOut = coordinates.rows(fold);
      LogisticRegression.Solution solution =
          LogisticRegression.Solution.zero(images.classes(), coordinates.width());
      float[][][] probabilities = new float[strengths.length][][];
      for (int s = 0; s < strengths.length; s++) {
        solution = problem.solve(strengths[s], solution, tolerance, MAX_STEPS);
        probabilities[s] = solution.probabilities(heldOut);
      }
      return probabilities;
    }

    private double mean(double[] each) {
      return IntStream.range(0, each.length).mapToDouble(i -> weights[i] * each[i]).sum();
    }

    double loss() {
      return mean(losses);
    }

    boolean isWorseThan(Path other) {
      int n = weights.length;
      double[] gain =
          IntStream.range(0, n)
              .mapToDouble(i -> n * weights[i] * (losses[i] - other.losses[i]))
              .toArray();
      double mean = DoubleStream.of(gain).average().orElse(0);
      double squares = DoubleStream.of(gain).map(g -> (g - mean) * (g - mean)).sum();
      return mean > MIN_STANDARD_ERRORS * Math.sqrt(squares / Math.max(1, n - 1) / n);
    }

    /** Fits the head to all images. */
    ConvexHead refit(Images images) {
      Temperature temperature = temperature(outOfFold, images.labels(), 1);
      Chosen chosen = new Chosen(candidate, strengths[best], temperature);
      return ConvexHead.refit(images, chosen, Arrays.copyOf(strengths, best + 1), outOfFold);
    }
  }

  /** The choices of the cross-validation. */
  private record Chosen(
      FeatureScaling.Candidate candidate, double strength, Temperature temperature) {}

  /**
   * Fits a head to other images, with the features, penalty and temperature of this one.
   *
   * @return without predictions out of fold
   */
  public ConvexHead refit(Images images) {
    Chosen same =
        new Chosen(
            new FeatureScaling.Candidate(scaling.stages(), scaling.scaling()),
            strength,
            temperature);
    double[] stronger = DoubleStream.of(STRENGTHS).filter(s -> s > strength).toArray();
    double[] path = Arrays.copyOf(stronger, stronger.length + 1);
    path[stronger.length] = strength;
    return refit(images, same, path, new float[0][]);
  }

  /**
   * Fits a head.
   *
   * @param path of strengths, each the start of the next, that ends with the chosen one
   */
  private static ConvexHead refit(
      Images images, Chosen chosen, double[] path, float[][] outOfFold) {
    FeatureScaling.Scaled scaled = chosen.candidate().scale(images.features(), images.stages());
    FeatureScaling scaling = scaled.scaling();
    Matrix rows = scaled.rows();
    Cholesky cholesky = isWide(rows) ? new Cholesky(rows) : null;
    Matrix coordinates = cholesky == null ? rows : cholesky.coordinates();
    LogisticRegression problem =
        new LogisticRegression(
            coordinates, images.labels(), images.classes(), images.balance(images.labels()));
    LogisticRegression.Solution solution =
        LogisticRegression.Solution.zero(images.classes(), coordinates.width());
    double tolerance = tolerance(problem);
    double exact = Math.min(FINAL_TOLERANCE, RELATIVE_FINAL_TOLERANCE * tolerance);
    for (int s = 0; s < path.length; s++) {
      boolean last = s == path.length - 1;
      solution =
          problem.solve(
              path[s], solution, last ? exact : tolerance, last ? MAX_FINAL_STEPS : MAX_STEPS);
    }
    double[] kernel = cholesky == null ? solution.kernel() : cholesky.features(solution.kernel());
    return foldIntoOutput(scaling, chosen, kernel, solution.bias(), outOfFold);
  }

  /** Returns the largest component of the gradient that ends the search for a strength. */
  static double tolerance(LogisticRegression problem) {
    return Math.min(TOLERANCE, RELATIVE_TOLERANCE * problem.steepness());
  }

  /** Returns whether the number of features can be reduced to that of the images, at a profit. */
  private static boolean isWide(Matrix rows) {
    return 2L * rows.rows() < rows.width();
  }

  /** Moves weights, factor, and the means where no layer subtracts them, into the output layer. */
  private static ConvexHead foldIntoOutput(
      FeatureScaling scaling, Chosen chosen, double[] kernel, double[] bias, float[][] outOfFold) {
    int width = scaling.means().length;
    float[] folded = new float[kernel.length];
    float[] biases = new float[bias.length];
    for (int c = 0; c < bias.length; c++) {
      double moved = 0;
      for (int k = 0; k < width; k++) {
        double weight = kernel[c * width + k] * scaling.weights()[k] / scaling.factor();
        folded[c * width + k] = (float) weight;
        moved += scaling.scaling().standardize() ? 0 : weight * scaling.means()[k];
      }
      biases[c] = (float) (bias[c] - moved);
    }
    return new ConvexHead(
        scaling, chosen.strength(), chosen.temperature(), folded, biases, outOfFold);
  }
}
