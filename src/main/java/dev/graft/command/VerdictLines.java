package dev.graft.command;

import dev.graft.Text;
import dev.graft.evaluation.ClassFigures;
import dev.graft.run.RunRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What people are told of a verdict. */
final class VerdictLines {
  /** Classes that are named as the worst. */
  private static final int WORST = 3;

  private VerdictLines() {}

  /** The figures; where the classes are imbalanced, the fair ones first. */
  static List<String> of(RunRecord.TestFigures test, int pictures) {
    List<String> lines = new ArrayList<>();
    String macro =
        Text.of(
            "macro F1 %.4f (precision %.4f, recall %.4f)",
            test.macro().f1(), test.macro().precision(), test.macro().recall());
    String accuracy =
        Text.of(
            "accuracy %.4f (95 %% interval %.4f to %.4f), top-3 %.4f, loss %.4f, on %,d pictures",
            test.accuracy(),
            test.interval().low(),
            test.interval().high(),
            test.top3Accuracy(),
            test.loss(),
            pictures);
    boolean imbalanced =
        Imbalance.of(test.classes().stream().mapToInt(ClassFigures::support)).isWorthTelling();
    lines.add("  " + (imbalanced ? macro : accuracy));
    lines.add("  " + (imbalanced ? accuracy : macro));
    String worst =
        test.classes().stream()
            .filter(each -> each.support() > 0)
            .sorted(Comparator.comparingDouble(ClassFigures::f1))
            .limit(WORST)
            .map(each -> Text.of("%s %.4f", each.name(), each.f1()))
            .reduce((a, b) -> a + ", " + b)
            .orElse("none");
    lines.add("  lowest F1: " + worst);
    lines.add(Text.of("  expected calibration error %.4f", test.ece()));
    return lines;
  }
}
