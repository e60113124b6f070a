package dev.graft.tuning;

import dev.graft.data.DataSet;
import dev.graft.data.duplicates.Survey;
import dev.graft.training.ConvexHead;
import dev.graft.training.Matrix;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The suspicious images of a data set: probably wrong labels, by {@link LabelIssues} on the
 * out-of-fold probabilities of a {@link ConvexHead}; images unlike all others; near-duplicates with
 * different labels; identical images in different parts.
 *
 * @param entries all readable images, the most suspicious first
 */
public record LabelReview(DataSet data, List<Entry> entries) {
  /** The number of images, sampled from more, that each image is compared with. */
  static final int MAX_COMPARED = 5_000;

  /**
   * Rank of the neighbor whose distance counts; above 1, so that a pair of near-duplicates can be
   * unlike the others, too.
   */
  private static final int NEIGHBOR = 3;

  /** Distances above the third quartile plus this many interquartile ranges are far out. */
  private static final double FAR_OUT = 3; // Tukey, "Exploratory Data Analysis", 1977

  /** Copies the list. */
  public LabelReview {
    entries = List.copyOf(entries);
  }

  /** The reason why an image is suspicious. */
  public enum Reason {
    /** Its label is probably wrong. */
    LABEL("probably has a wrong label"),
    /** It is unlike all other images. */
    UNLIKE_OTHERS("unlike all others"),
    /** An identical image or a near-duplicate has another label. */
    CONFLICT("has a duplicate with a different label"),
    /** An identical image or a near-duplicate is in another given part. */
    LEAK("has a near-duplicate in a different part");

    private final String words;

    Reason(String words) {
      this.words = words;
    }

    /** Returns the reason as a clause whose subject is the image. */
    public String words() {
      return words;
    }
  }

  /**
   * An image.
   *
   * @param image its index in the data set
   * @param issue its label and the suggested one
   * @param reasons empty if nothing is suspicious
   */
  public record Entry(int image, LabelIssues.Issue issue, Set<Reason> reasons) {}

  /**
   * Returns the memory that a review needs, in bytes: the features as they are and scaled, and for
   * each fold that is fitted concurrently its rows, their copy by columns, and the held-out rows.
   */
  public static long bytes(PreparedRun run) {
    long images = run.data().images().size();
    int width = run.network().design().featureWidth();
    int atOnce = Math.min(ConvexHead.FOLDS, Runtime.getRuntime().availableProcessors());
    return Float.BYTES * images * width * 2 * (1 + atOnce);
  }

  /**
   * Reviews the readable images of a prepared run.
   *
   * @param features of its images; the backbone must be frozen
   */
  public static LabelReview of(PreparedRun run, Features features, Survey survey) {
    int[] rows = run.data().images().readable().toArray();
    Matrix matrix = features.matrix(rows);
    ConvexHead head = ConvexHeads.fit(run, matrix, rows, survey.groups());
    ConvexHead.Images images = ConvexHeads.images(run, matrix, rows);
    LabelIssues issues =
        withoutSuspects(LabelIssues.of(head.calibratedOutOfFold(), images.labels()), images, head);
    Matrix last = matrix.last(run.network().design().lastFeatureWidth());
    BitSet unlike = unlikeOthers(last, run.recipe().seed());
    BitSet conflicts = members(survey.conflicts());
    BitSet leaks = members(survey.leaks());
    return of(
        run.data(),
        rows,
        issues,
        Map.of(
            Reason.UNLIKE_OTHERS, unlike::get,
            Reason.CONFLICT, i -> conflicts.get(rows[i]),
            Reason.LEAK, i -> leaks.get(rows[i])));
  }

  /**
   * Returns the issues with the suspects by a head that learned from all other images, because
   * wrong labels teach a class to look like these images. Nothing changes if a class has only
   * suspects.
   */
  static LabelIssues withoutSuspects(
      LabelIssues issues, ConvexHead.Images images, ConvexHead head) {
    int[] suspects = images(issues.ranked().subList(0, issues.suspects()));
    int[] others = images(issues.ranked().subList(issues.suspects(), issues.ranked().size()));
    ConvexHead.Images learned = images.some(IntStream.of(others).sorted().toArray());
    if (suspects.length == 0
        || IntStream.of(learned.labels()).distinct().count()
            < IntStream.of(images.labels()).distinct().count()) {
      return issues;
    }
    Matrix features = images.features().rows(suspects);
    return issues.withSuspects(head.refit(learned).probabilities(features, images.stages()));
  }

  private static int[] images(List<LabelIssues.Issue> issues) {
    return issues.stream().mapToInt(LabelIssues.Issue::image).toArray();
  }

  /**
   * Reviews labels alone.
   *
   * @param rows the images, ascending
   * @param outOfFold the class probabilities of each, by models that did not see it
   */
  static LabelReview ofLabels(DataSet data, int[] rows, float[][] outOfFold) {
    LabelIssues issues = LabelIssues.of(outOfFold, data.images().labels(rows));
    return of(data, rows, issues, Map.of());
  }

  /**
   * Reviews labels.
   *
   * @param others the other reasons, and whether each applies to the image at an index of the rows
   */
  private static LabelReview of(
      DataSet data, int[] rows, LabelIssues issues, Map<Reason, IntPredicate> others) {
    List<Entry> entries =
        IntStream.range(0, rows.length)
            .mapToObj(
                rank -> {
                  LabelIssues.Issue issue = issues.ranked().get(rank);
                  Set<Reason> reasons = EnumSet.noneOf(Reason.class);
                  if (rank < issues.suspects()) {
                    reasons.add(Reason.LABEL);
                  }
                  others.forEach(
                      (reason, applies) -> {
                        if (applies.test(issue.image())) {
                          reasons.add(reason);
                        }
                      });
                  return new Entry(rows[issue.image()], issue, reasons);
                })
            .toList();
    return new LabelReview(data, entries);
  }

  private static BitSet members(List<List<Integer>> groups) {
    BitSet members = new BitSet();
    groups.forEach(group -> group.forEach(members::set));
    return members;
  }

  /**
   * Returns the rows whose distance to the third nearest row is far out, by cosine.
   *
   * @param seed of the sample of {@link #MAX_COMPARED} rows that more are compared with
   */
  static BitSet unlikeOthers(Matrix features, long seed) {
    BitSet unlike = new BitSet();
    int n = features.rows();
    if (n <= NEIGHBOR) {
      return unlike;
    }
    double[] distances =
        features.distances(Tuning.sample(n, MAX_COMPARED, seed).stream().toArray(), NEIGHBOR);
    double[] sorted = distances.clone();
    Arrays.sort(sorted);
    double low = sorted[n / 4];
    double high = sorted[3 * n / 4];
    IntStream.range(0, n)
        .filter(i -> distances[i] > high + FAR_OUT * (high - low))
        .forEach(unlike::set);
    return unlike;
  }

  /** Returns the images with a reason, the most suspicious first. */
  public List<Entry> suspicious() {
    return entries.stream().filter(entry -> !entry.reasons().isEmpty()).toList();
  }
}
