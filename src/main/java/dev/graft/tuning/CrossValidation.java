package dev.graft.tuning;

import dev.graft.data.Split;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.Interval;
import dev.graft.io.Csv;
import dev.graft.training.TrainingEvents;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Cross-validation: one training per fold, each from the same initial weights, evaluated on the
 * fold that it did not see. On cached features this takes seconds, and shows how much a single
 * figure varies.
 */
public final class CrossValidation {
  private final int repeats;
  private final List<Evaluation> evaluations;

  private CrossValidation(int repeats, List<Evaluation> evaluations) {
    this.repeats = repeats;
    this.evaluations = List.copyOf(evaluations);
  }

  /** Trains on the training images of a split and evaluates on its test images. */
  interface Trial {
    /** Returns the result; empty if it was interrupted. */
    Optional<Evaluation> run(Split split) throws IOException;
  }

  /**
   * Runs one trial per fold.
   *
   * @param rounds the images of each fold, in one or more ways to distribute all images
   * @param holdOut samples the validation images of each training
   * @param validation the share of them
   * @return empty if a trial was interrupted
   */
  public static Optional<CrossValidation> run(
      List<List<int[]>> rounds,
      Split.HoldOut holdOut,
      double validation,
      Trial trial,
      TrainingEvents events)
      throws IOException {
    List<Evaluation> evaluations = new ArrayList<>();
    int trials =
        (int) rounds.stream().flatMap(List::stream).filter(fold -> fold.length > 0).count();
    try (Progress progress = events.progress("cross-validation", "folds", trials)) {
      for (List<int[]> folds : rounds) {
        for (int[] fold : folds) {
          if (fold.length == 0) {
            continue; // more folds than groups of images
          }
          int[] rest =
              folds.stream()
                  .filter(other -> other != fold)
                  .flatMapToInt(IntStream::of)
                  .sorted()
                  .toArray();
          int[] heldOut = holdOut.from(rest, validation);
          Optional<Evaluation> result =
              trial.run(new Split(Split.without(rest, heldOut), heldOut, fold));
          if (result.isEmpty()) {
            return Optional.empty();
          }
          evaluations.add(result.get());
          progress.stepTo(evaluations.size());
        }
      }
    }
    return Optional.of(new CrossValidation(rounds.size(), evaluations));
  }

  /** Returns how often all images were distributed over folds. */
  public int repeats() {
    return repeats;
  }

  /** Returns the number of images. */
  public int images() {
    return evaluations.stream().mapToInt(Evaluation::count).sum() / repeats;
  }

  /**
   * Returns the 95 % interval of the accuracy: that of a single prediction per image, since those
   * of the same image in other rounds are not independent.
   */
  public Interval interval() {
    double correct = evaluations.stream().mapToDouble(e -> e.accuracy() * e.count()).sum();
    return Interval.wilson(correct / repeats, images());
  }

  /** Returns the result of each fold, in the order of the rounds. */
  public List<Evaluation> evaluations() {
    return evaluations;
  }

  /** Returns {@code folds.csv}, one row per fold. */
  public String toCsv() {
    StringBuilder csv = new StringBuilder("fold,pictures,accuracy,macro_f1,loss\n");
    for (int i = 0; i < evaluations.size(); i++) {
      Evaluation each = evaluations.get(i);
      csv.append(
          Csv.row(
              List.of(
                  Integer.toString(i + 1),
                  Integer.toString(each.count()),
                  Text.of("%.6f", each.accuracy()),
                  Text.of("%.6f", each.macro().f1()),
                  Text.of("%.6f", each.loss()))));
    }
    return csv.toString();
  }
}
