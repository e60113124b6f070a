package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.Prediction;
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
        Stream.of(prediction(0, 0), prediction(0, 1), prediction(0, 1), prediction(0, 1)).toList();
    var chart = new ConfusionChart(new ConfusionMatrix(List.of("cat", "dog"), predictions), "");
    BufferedImage image = chart.draw();
    assertThat(corner(image, chart.cell(0, 0))).isEqualTo(ConfusionChart.shade(0.25));
    assertThat(corner(image, chart.cell(0, 1))).isEqualTo(ConfusionChart.shade(0.75));
    assertThat(corner(image, chart.cell(1, 0))).isEqualTo(Color.WHITE); // there was no dog
    assertThat(corner(image, chart.cell(1, 1))).isEqualTo(Color.WHITE);
  }

  @Test
  void theTruthRunsDownAndThePredictionToTheRight() {
    var chart = new ConfusionChart(matrix(2, 0), "");
    assertThat(chart.cell(1, 0).y).isGreaterThan(chart.cell(0, 0).y);
    assertThat(chart.cell(1, 0).x).isEqualTo(chart.cell(0, 0).x);
    assertThat(chart.cell(0, 1).x).isGreaterThan(chart.cell(0, 0).x);
    assertThat(chart.cell(0, 1).y).isEqualTo(chart.cell(0, 0).y);
  }

  @Test
  void shadesRunFromWhiteToDarkWithoutTurningBack() {
    assertThat(ConfusionChart.shade(0)).isEqualTo(Color.WHITE);
    List<Integer> brightness =
        IntStream.rangeClosed(0, 20)
            .mapToObj(i -> ConfusionChart.shade(i / 20.0))
            .map(color -> color.getRed() + color.getGreen() + color.getBlue())
            .toList();
    assertThat(brightness).doesNotHaveDuplicates().isSortedAccordingTo(Collections.reverseOrder());
  }

  @Test
  void cellsHoldTheirCountsUpToTwentyClasses() {
    var twenty = new ConfusionChart(matrix(20, 3), "");
    var twentyOne = new ConfusionChart(matrix(21, 3), "");
    assertThat(colours(twenty.draw(), twenty.cell(4, 4))).hasSizeGreaterThan(1);
    assertThat(colours(twentyOne.draw(), twentyOne.cell(4, 4))).hasSize(1);
  }

  @Test
  void aLargeCountStaysWithinItsCell() {
    var chart = new ConfusionChart(matrix(20, 12_345), "");
    BufferedImage image = chart.draw();
    Rectangle cell = chart.cell(4, 4);
    var leftEdge = new Rectangle(cell.x, cell.y, 1, cell.height);
    var rightEdge = new Rectangle(cell.x + cell.width - 1, cell.y, 1, cell.height);
    assertThat(colours(image, leftEdge)).containsExactly(ConfusionChart.shade(1));
    assertThat(colours(image, rightEdge)).containsExactly(ConfusionChart.shade(1));
    assertThat(colours(image, cell)).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 100, 1000})
  void anyNumberOfClassesFitsThePicture(int classes) {
    BufferedImage image = new ConfusionChart(matrix(classes, 1), "a long title ".repeat(30)).draw();
    assertThat(image.getWidth()).isBetween(240, 1400);
    assertThat(image.getHeight()).isBetween(240, 1400);
    assertThat(Pixels.margin(image, 8)).containsExactly(Color.WHITE);
  }

  @Test
  void aHundredClassesHaveADarkDiagonalAndALabelEach() {
    var chart = new ConfusionChart(matrix(100, 2), "");
    BufferedImage image = chart.draw();
    for (int i = 0; i < 100; i++) {
      Rectangle cell = chart.cell(i, i);
      assertThat(corner(image, cell)).isEqualTo(ConfusionChart.shade(1));
      var label = new Rectangle(chart.cell(i, 0).x - 60, cell.y, 50, cell.height);
      assertThat(colours(image, label)).hasSizeGreaterThan(1);
    }
    assertThat(corner(image, chart.cell(3, 4))).isEqualTo(Color.WHITE);
  }

  private static Color corner(BufferedImage image, Rectangle cell) {
    return Pixels.at(image, cell.x + 1, cell.y + 1);
  }

  private static List<Color> colours(BufferedImage image, Rectangle area) {
    return IntStream.range(0, area.width * area.height)
        .mapToObj(i -> Pixels.at(image, area.x + i % area.width, area.y + i / area.width))
        .distinct()
        .toList();
  }

  /** Every picture taken for what it is; names long and short. */
  private static ConfusionMatrix matrix(int classes, int picturesAClass) {
    List<String> names =
        IntStream.range(0, classes)
            .mapToObj(i -> (i % 7 == 3 ? "the longest name of a class ever seen " : "class ") + i)
            .toList();
    List<Prediction> predictions =
        IntStream.range(0, classes)
            .boxed()
            .flatMap(i -> Collections.nCopies(picturesAClass, prediction(i, i)).stream())
            .toList();
    return new ConfusionMatrix(names, predictions);
  }

  private static Prediction prediction(int truth, int predicted) {
    return new Prediction(0, truth, predicted, 1);
  }
}
