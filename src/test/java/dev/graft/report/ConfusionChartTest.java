package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.Prediction;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import java.awt.Color;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfusionChartTest {
  @Test
  void aCellIsAsDarkAsItsShareOfTheTrueClass() {
    List<Prediction> predictions =
        List.of(prediction(0, 0), prediction(0, 1), prediction(0, 1), prediction(0, 1));
    Drawing chart = ConfusionChart.of(new ConfusionMatrix(List.of("cat", "dog"), predictions));
    List<Fill> cells = cells(chart);
    assertThat(cells)
        .extracting(Fill::tip)
        .containsExactly(
            "1 of 4 images of cat predicted as cat (25.0 %)",
            "3 of 4 images of cat predicted as dog (75.0 %)");
    assertThat(cells)
        .extracting(Fill::ink)
        .containsExactly(
            Ink.heat(ConfusionChart.strength(0.25)), Ink.heat(ConfusionChart.strength(0.75)));
  }

  @Test
  void theTruthRunsDownAndThePredictionToTheRight() {
    List<Prediction> predictions = List.of(prediction(0, 0), prediction(0, 1), prediction(1, 0));
    Drawing chart = ConfusionChart.of(new ConfusionMatrix(List.of("cat", "dog"), predictions));
    List<Rectangle> at = cells(chart).stream().map(each -> each.outline().getBounds()).toList();
    assertThat(at.get(1).x).isEqualTo(at.get(0).x + at.get(0).width);
    assertThat(at.get(1).y).isEqualTo(at.get(0).y);
    assertThat(at.get(2).y).isEqualTo(at.get(0).y + at.get(0).height);
    assertThat(at.get(2).x).isEqualTo(at.get(0).x);
  }

  @Test
  void shadesGrowDarkerWithoutTurningBack() {
    List<Integer> brightness =
        IntStream.rangeClosed(0, 20)
            .mapToObj(i -> Ink.heat(ConfusionChart.strength(i / 20.0)).color())
            .map(color -> color.getRed() + color.getGreen() + color.getBlue())
            .toList();
    assertThat(brightness).doesNotHaveDuplicates().isSortedAccordingTo(Collections.reverseOrder());
    assertThat(Ink.heat(0).color()).isEqualTo(Ink.PANEL.color());
    assertThat(Ink.heat(1).color()).isEqualTo(Ink.HEAT.color());
  }

  @Test
  void cellsHoldTheirCountsUpToTwentyClasses() {
    assertThat(Shapes.texts(ConfusionChart.of(matrix(20, 3)))).filteredOn("3"::equals).hasSize(20);
    assertThat(Shapes.texts(ConfusionChart.of(matrix(21, 3)))).doesNotContain("3");
  }

  @Test
  void aLargeCountStaysWithinItsCell() {
    Drawing chart = ConfusionChart.of(matrix(20, 12_345));
    int cell = cells(chart).get(0).outline().getBounds().width;
    assertThat(Shapes.of(chart, Label.class).filter(label -> label.text().equals("12345")))
        .hasSize(20)
        .allMatch(label -> label.type().width("12345") < cell);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 100, 1000, 10_000})
  void anyNumberOfClassesFitsTheImage(int classes) {
    BufferedImage image = ConfusionChart.of(matrix(classes, 1)).image("a title ".repeat(60), 1);
    assertThat(image.getWidth()).isBetween(200, 1400);
    assertThat(image.getHeight()).isBetween(200, 1400);
    assertThat(Pixels.margin(image, 2)).containsExactly(Color.WHITE);
  }

  @Test
  void aHundredClassesAreAllShownWithALabelOnEachSide() {
    Drawing chart = ConfusionChart.of(matrix(100, 2));
    assertThat(cells(chart)).hasSize(100).allMatch(cell -> cell.ink().equals(Ink.heat(1)));
    assertThat(Shapes.texts(chart)).filteredOn("class 57"::equals).hasSize(2);
  }

  @Test
  void ofMoreClassesThoseWithMistakesAreShownAndTheOthersSummedUp() {
    List<Prediction> predictions =
        Stream.concat(
                IntStream.range(0, 10_000).mapToObj(i -> prediction(i, i)),
                Stream.of(prediction(9_000, 77), prediction(9_000, 77), prediction(4_321, 9_999)))
            .toList();
    List<String> names = IntStream.range(0, 10_000).mapToObj(i -> "class " + i).toList();
    Drawing chart = ConfusionChart.of(new ConfusionMatrix(names, predictions));
    assertThat(Shapes.texts(chart))
        .contains("class 77", "class 9000", "class 4321", "class 9999", "9,900 other classes")
        .doesNotContain("class 5000");
    assertThat(cells(chart))
        .extracting(Fill::tip)
        .contains(
            "2 of 3 images of class 9000 predicted as class 77 (66.7 %)",
            "9,900 of 9,900 images of 9,900 other classes predicted as 9,900 other classes"
                + " (100.0 %)");
    assertThat(chart.svg().length()).isLessThan(500_000);
  }

  private static List<Fill> cells(Drawing chart) {
    return Shapes.of(chart, Fill.class).filter(fill -> !fill.tip().isEmpty()).toList();
  }

  /** All images predicted correctly; names long and short. */
  private static ConfusionMatrix matrix(int classes, int imagesPerClass) {
    List<String> names =
        IntStream.range(0, classes)
            .mapToObj(i -> (i % 7 == 3 ? "the longest name of a class ever seen " : "class ") + i)
            .toList();
    List<Prediction> predictions =
        IntStream.range(0, classes)
            .boxed()
            .flatMap(i -> Collections.nCopies(imagesPerClass, prediction(i, i)).stream())
            .toList();
    return new ConfusionMatrix(names, predictions);
  }

  private static Prediction prediction(int truth, int predicted) {
    return new Prediction(0, truth, predicted, 1);
  }
}
