package dev.graft.run;

import dev.graft.Progress;
import dev.graft.data.Split;
import dev.graft.evaluation.Evaluation;
import dev.graft.io.Csv;
import dev.graft.training.TrainingEvents;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Trains as often as there are folds, each time from the same new weights and without one of the
 * folds, which judges it: every picture is judged once by a model that did not see it. With the
 * features at hand that is a matter of seconds, and it tells how much a single figure is worth.
 */
final class CrossValidation {
  private final List<Evaluation> verdicts;

  private CrossValidation(List<Evaluation> verdicts) {
    this.verdicts = List.copyOf(verdicts);
  }

  /** Trains on some pictures and judges others. */
  interface Trial {
    /** The verdict on the test pictures of a split. */
    Evaluation run(Split split) throws IOException;
  }

  /**
   * Does it.
   *
   * @param folds the pictures of each
   * @param holdOut draws the validation pictures of each training
   * @param validation the share of them
   */
  static CrossValidation run(
      List<int[]> folds,
      Split.HoldOut holdOut,
      double validation,
      long seed,
      Trial trial,
      TrainingEvents events)
      throws IOException {
    List<Evaluation> verdicts = new ArrayList<>();
    try (Progress progress = events.progress("cross-validation", "folds", folds.size())) {
      for (int[] fold : folds) {
        int[] rest =
            folds.stream()
                .filter(other -> other != fold)
                .flatMapToInt(IntStream::of)
                .sorted()
                .toArray();
        int[] decidesBy = holdOut.from(rest, validation);
        Computer.seed(seed);
        verdicts.add(trial.run(new Split(Split.without(rest, decidesBy), decidesBy, fold)));
        progress.stepTo(verdicts.size());
      }
    }
    return new CrossValidation(verdicts);
  }

  RunRecord.CrossValidation record() {
    return new RunRecord.CrossValidation(
        verdicts.size(),
        RunRecord.Spread.of(verdicts.stream().map(Evaluation::accuracy).toList()),
        RunRecord.Spread.of(verdicts.stream().map(each -> each.macro().f1()).toList()));
  }

  /** A row a fold. */
  String toCsv() {
    StringBuilder csv = new StringBuilder("fold,pictures,accuracy,macro_f1,loss\n");
    for (int i = 0; i < verdicts.size(); i++) {
      Evaluation each = verdicts.get(i);
      csv.append(
          Csv.row(
              List.of(
                  Integer.toString(i + 1),
                  Integer.toString(each.count()),
                  String.format(Locale.ROOT, "%.6f", each.accuracy()),
                  String.format(Locale.ROOT, "%.6f", each.macro().f1()),
                  String.format(Locale.ROOT, "%.6f", each.loss()))));
    }
    return csv.toString();
  }
}
