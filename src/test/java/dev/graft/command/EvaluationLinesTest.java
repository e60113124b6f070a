package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.Averages;
import dev.graft.evaluation.ClassFigures;
import dev.graft.evaluation.Interval;
import dev.graft.output.RunRecord;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationLinesTest {
  private static final String ACCURACY =
      "  accuracy 0.7500 (95 % interval 0.5000 to 0.8750), loss 0.6250, on 1,200 images";
  private static final String MACRO =
      "  macro F1 0.5000, the mean over the classes (precision 0.2500, recall 0.3750)";

  @Test
  void accuracyComesFirstForBalancedClasses() {
    assertThat(lines(400, 400, 590))
        .containsExactly(
            ACCURACY,
            MACRO,
            "  lowest F1: dog 0.1250, cow 0.2500, cat 0.6250",
            "  expected calibration error 0.0313, the mean gap between probability and accuracy");
  }

  @Test
  void macroF1ComesFirstFromAnImbalanceOfOnePointFive() {
    assertThat(lines(400, 400, 599)).startsWith(ACCURACY, MACRO);
    assertThat(lines(400, 400, 600)).startsWith(MACRO, ACCURACY);
    assertThat(lines(400, 800, 800)).startsWith(MACRO, ACCURACY);
  }

  @Test
  void classWithoutImagesIsNotTheWorst() {
    assertThat(lines(400, 0, 400)).contains("  lowest F1: cow 0.2500, cat 0.6250");
  }

  @Test
  void onlyTheThreeWorstClassesAreNamed() {
    List<ClassFigures> classes =
        List.of(
            figures("a", 0.5, 9), figures("b", 0.25, 9), figures("c", 0.5, 9), figures("d", 1, 9));
    assertThat(EvaluationLines.of(test(classes), 36).get(2))
        .isEqualTo("  lowest F1: b 0.2500, a 0.5000, c 0.5000");
    assertThat(EvaluationLines.of(test(classes.subList(3, 4)), 9).toString())
        .doesNotContain("lowest F1");
  }

  @Test
  void topThreeIsLeftOutWhereItIsAlwaysOrNearlyAlwaysOne() {
    List<ClassFigures> four =
        List.of(
            figures("a", 0.5, 9), figures("b", 0.25, 9), figures("c", 0.5, 9), figures("d", 1, 9));
    assertThat(EvaluationLines.of(test(four), 36).get(0)).contains(", top-3 0.9375,");
    assertThat(EvaluationLines.of(test(four.subList(0, 3)), 36).get(0)).doesNotContain("top-3");
    assertThat(EvaluationLines.of(test(four.subList(0, 2)), 36).get(0)).doesNotContain("top-3");
  }

  @Test
  void crossValidationHasItsIntervalAndItsSpread() {
    RunRecord.CrossValidationFigures all =
        new RunRecord.CrossValidationFigures(
            20,
            4,
            true,
            60,
            new RunRecord.Spread(0.75, 0.125),
            new Interval(0.625, 0.875),
            new RunRecord.Spread(0.5, 0.25));
    String accuracy = "  accuracy 0.7500 (95 % interval 0.6250 to 0.8750; ± 0.1250 over the folds)";
    String macro = "  macro F1 0.5000 ± 0.2500";
    List<ClassFigures> balanced = List.of(figures("a", 0.5, 9), figures("b", 0.25, 9));
    assertThat(EvaluationLines.of(all, test(balanced))).containsExactly(accuracy, macro);
    List<ClassFigures> imbalanced = List.of(figures("a", 0.5, 9), figures("b", 0.25, 3));
    assertThat(EvaluationLines.of(all, test(imbalanced))).containsExactly(macro, accuracy);
  }

  private static List<String> lines(int cats, int dogs, int cows) {
    return EvaluationLines.of(
        test(
            List.of(
                figures("cat", 0.625, cats),
                figures("dog", 0.125, dogs),
                figures("cow", 0.25, cows))),
        1_200);
  }

  private static ClassFigures figures(String name, double f1, int support) {
    return new ClassFigures(name, 0.5, 0.5, f1, support);
  }

  private static RunRecord.TestFigures test(List<ClassFigures> classes) {
    return new RunRecord.TestFigures(
        0.625,
        0.75,
        null,
        0.9375,
        0.03125,
        new Interval(0.5, 0.875),
        new Averages(0.25, 0.375, 0.5),
        new Averages(0.625, 0.75, 0.6875),
        classes);
  }
}
