package dev.graft.tuning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images whose label is probably wrong, by confident learning (Northcutt, Jiang and Chuang,
 * "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021): as many images as are
 * confidently in another class, and those whose label is least probable, as by cleanlab's {@code
 * find_label_issues(filter_by="low_self_confidence")}.
 *
 * @param ranked all images, the most suspicious first
 * @param suspects the number of images, from the first, whose label is probably wrong
 */
public record LabelIssues(List<Issue> ranked, int suspects) {
  /** Tolerance of the thresholds, as in cleanlab: float32 rounds equal numbers apart. */
  private static final double TOLERANCE = 1e-6;

  /** Copies the list. */
  public LabelIssues {
    ranked = List.copyOf(ranked);
  }

  /**
   * An image and its label.
   *
   * @param image its place among the images, from 0
   * @param label the class that it is labeled with
   * @param suggested the most probable other class
   * @param labelProbability the out-of-fold probability of its label
   * @param suggestedProbability the out-of-fold probability of the suggested class
   */
  public record Issue(
      int image, int label, int suggested, double labelProbability, double suggestedProbability) {
    static Issue of(int image, int label, float[] probabilities) {
      int other = best(probabilities, label);
      return new Issue(image, label, other, probabilities[label], probabilities[other]);
    }
  }

  /**
   * Finds the suspects.
   *
   * @param outOfFold the class probabilities of each image, by models that did not see it
   * @param labels the class that each image is labeled with
   */
  public static LabelIssues of(float[][] outOfFold, int[] labels) {
    double[] thresholds = thresholds(outOfFold, labels);
    List<Issue> ranked = new ArrayList<>();
    int suspects = 0;
    for (int i = 0; i < labels.length; i++) {
      ranked.add(Issue.of(i, labels[i], outOfFold[i]));
      suspects += isSuspect(outOfFold[i], labels[i], thresholds) ? 1 : 0;
    }
    ranked.sort(Comparator.comparingDouble(Issue::labelProbability)); // stable
    return new LabelIssues(ranked, suspects);
  }

  /**
   * Returns the same suspects with other probabilities.
   *
   * @param probabilities the class probabilities of each suspect, in the order of {@link #ranked}
   */
  LabelIssues withSuspects(float[][] probabilities) {
    List<Issue> again = new ArrayList<>(ranked);
    for (int rank = 0; rank < suspects; rank++) {
      Issue issue = ranked.get(rank);
      again.set(rank, Issue.of(issue.image(), issue.label(), probabilities[rank]));
    }
    again.subList(0, suspects).sort(Comparator.comparingDouble(Issue::labelProbability));
    return new LabelIssues(again, suspects);
  }

  /** Returns the mean probability of each class over the images that are labeled with it. */
  private static double[] thresholds(float[][] outOfFold, int[] labels) {
    int classes = outOfFold.length == 0 ? 0 : outOfFold[0].length;
    double[] sums = new double[classes];
    int[] counts = new int[classes];
    for (int i = 0; i < labels.length; i++) {
      sums[labels[i]] += outOfFold[i][labels[i]];
      counts[labels[i]]++;
    }
    return IntStream.range(0, classes)
        .mapToDouble(c -> counts[c] == 0 ? Double.POSITIVE_INFINITY : sums[c] / counts[c])
        .toArray();
  }

  /** Returns whether an image is confidently in another class, which is also its most probable. */
  private static boolean isSuspect(float[] row, int label, double[] thresholds) {
    int[] confident =
        IntStream.range(0, row.length).filter(c -> row[c] >= thresholds[c] - TOLERANCE).toArray();
    int most = best(row, -1);
    int guess = confident.length == 1 ? confident[0] : most;
    return confident.length > 0 && guess != label && most != label;
  }

  private static int best(float[] row, int except) {
    int best = except == 0 ? 1 : 0;
    for (int c = 0; c < row.length; c++) {
      if (c != except && row[c] > row[best]) {
        best = c;
      }
    }
    return best;
  }
}
