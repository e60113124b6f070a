package dev.graft.command;

import dev.graft.evaluation.ClassFigures;
import dev.graft.output.RunRecord;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Formats an evaluation as console lines. */
final class EvaluationLines {
  /** Number of classes with the lowest F1 that are named. */
  private static final int WORST = 3;

  private EvaluationLines() {}

  /** Top-3 accuracy is shown from this number of classes on. */
  private static final int MIN_CLASSES_FOR_TOP_3 = 4;

  /** Formats the figures, with macro F1 first if the classes are imbalanced. */
  static List<String> of(RunRecord.TestFigures test, int images) {
    List<String> lines = new ArrayList<>();
    String macro =
        Text.of(
            "macro F1 %.4f, the mean over the classes (precision %.4f, recall %.4f)",
            test.macro().f1(), test.macro().precision(), test.macro().recall());
    String accuracy =
        Text.of(
            "accuracy %.4f (95 %% interval %.4f to %.4f)%s, loss %.4f, on %s",
            test.accuracy(),
            test.interval().low(),
            test.interval().high(),
            test.classes().size() < MIN_CLASSES_FOR_TOP_3
                ? ""
                : Text.of(", top-3 %.4f", test.top3Accuracy()),
            test.loss(),
            Names.count(images, "image"));
    boolean imbalanced = areImbalanced(test);
    lines.add("  " + (imbalanced ? macro : accuracy));
    lines.add("  " + (imbalanced ? accuracy : macro));
    String worst =
        test.classes().stream()
            .filter(each -> each.support() > 0)
            .filter(each -> each.f1() < 1)
            .sorted(Comparator.comparingDouble(ClassFigures::f1))
            .limit(WORST)
            .map(each -> Text.of("%s %.4f", each.name(), each.f1()))
            .collect(Collectors.joining(", "));
    if (!worst.isEmpty()) {
      lines.add("  lowest F1: " + worst);
    }
    if (test.singleAccuracy() != null) {
      lines.add(Text.of("  without the mirror images: accuracy %.4f", test.singleAccuracy()));
    }
    lines.add(
        Text.of(
            "  expected calibration error %.4f, the mean gap between probability and accuracy",
            test.ece()));
    return lines;
  }

  /**
   * Formats the figures of a cross-validation, with macro F1 first if the classes are imbalanced.
   */
  static List<String> of(RunRecord.CrossValidationFigures all, RunRecord.TestFigures test) {
    String macro =
        Text.of("  macro F1 %.4f ± %.4f", all.macroF1().mean(), all.macroF1().deviation());
    String accuracy =
        Text.of(
            "  accuracy %.4f (95 %% interval %.4f to %.4f; ± %.4f over the folds)",
            all.accuracy().mean(),
            all.interval().low(),
            all.interval().high(),
            all.accuracy().deviation());
    return areImbalanced(test) ? List.of(macro, accuracy) : List.of(accuracy, macro);
  }

  /** Returns whether the classes of the test images are imbalanced. */
  private static boolean areImbalanced(RunRecord.TestFigures test) {
    return Imbalance.of(test.classes().stream().mapToInt(ClassFigures::support)).isWorthReporting();
  }
}
