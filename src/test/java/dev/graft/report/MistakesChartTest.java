package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.picture.Picture;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MistakesChartTest {
  @ParameterizedTest
  @CsvSource({"1, 480, 312", "2, 480, 312", "3, 568, 312", "5, 928, 312", "6, 928, 536"})
  void fewMistakesAreASmallerGrid(int count, int width, int height) {
    assertThat(size(chart(count).draw())).isEqualTo(new Dimension(width, height));
  }

  @Test
  void thereAreFiveAboveEachOtherAndFiveBesideEachOtherAtMost() {
    assertThat(size(chart(25).draw())).isEqualTo(new Dimension(928, 1208));
    assertThat(size(chart(60).draw())).isEqualTo(new Dimension(928, 1208));
  }

  @Test
  void theyAreReadFromTheLeftAndThenFromTheTop() {
    List<Mistake> mistakes =
        IntStream.range(0, 30).mapToObj(i -> mistake(plain(8 * i), "a", "b")).toList();
    var chart = new MistakesChart(mistakes, "");
    BufferedImage image = chart.draw();
    for (int i = 0; i < 25; i++) {
      Rectangle bounds = chart.picture(i).bounds();
      assertThat(bounds.getLocation()).isEqualTo(chart.cell(i).getLocation());
      assertThat(Pixels.of(image, new Color(8 * i, 0, 0), bounds)).hasSize(160 * 160);
    }
    assertThat(chart.cell(4).y).isEqualTo(chart.cell(0).y);
    assertThat(chart.cell(5).x).isEqualTo(chart.cell(0).x);
    assertThat(chart.cell(5).y).isGreaterThan(chart.cell(0).y + chart.cell(0).height);
  }

  @Test
  void theTruthHasAGreenSquareAndThePredictionARedOneBelowIt() {
    MistakesChart chart = chart(1);
    BufferedImage image = chart.draw();
    var green = Pixels.of(image, PredictionChart.TRUE_CLASS, chart.cell(0));
    var red = Pixels.of(image, PredictionChart.WRONG_PREDICTION, chart.cell(0));
    assertThat(green).hasSize(100).allMatch(point -> point.y < red.get(0).y);
    assertThat(red).hasSize(100).allMatch(point -> point.x < chart.cell(0).x + 10);
  }

  @Test
  void theChanceIsWrittenBesideThePrediction() {
    BufferedImage image =
        new MistakesChart(List.of(new Mistake(plain(0), "", "", 0.5f)), "").draw();
    Rectangle cell = chart(1).cell(0);
    var truth = new Rectangle(cell.x + 20, cell.y + 160, 140, 20);
    var predicted = new Rectangle(cell.x + 20, cell.y + 184, 140, 20);
    assertThat(Pixels.of(image, Color.WHITE, truth)).hasSize(140 * 20);
    assertThat(Pixels.of(image, Color.WHITE, predicted)).hasSizeBetween(140 * 16, 140 * 20 - 50);
  }

  @Test
  void whereThereAreNoneItSaysSo() {
    BufferedImage image = chart(0).draw();
    assertThat(size(image)).isEqualTo(new Dimension(480, 312));
    var middle = new Rectangle(100, 130, 280, 40);
    assertThat(Pixels.of(image, Ink.FAINT, middle)).isNotEmpty();
    var everywhere = new Rectangle(size(image));
    assertThat(Pixels.of(image, PredictionChart.WRONG_PREDICTION, everywhere)).isEmpty();
  }

  @Test
  void aTitleMayMakeAGridOfFewWiderButNotOfMany() {
    BufferedImage none = new MistakesChart(List.of(), "a title of some length ".repeat(3)).draw();
    assertThat(none.getWidth()).isBetween(500, 928);
    String endless = "a title ".repeat(99);
    assertThat(new MistakesChart(List.of(), endless).draw().getWidth()).isEqualTo(928);
    BufferedImage image = new MistakesChart(nCopies(25, "a", "b"), endless).draw();
    assertThat(image.getWidth()).isEqualTo(928);
    assertThat(Pixels.margin(image, 20)).containsExactly(Color.WHITE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a name that is too long for any picture",
        "とても長い名前のクラスとても長い名前のクラス",
        "\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36"
      })
  void longNamesStayBelowTheirPicture(String name) {
    BufferedImage image = new MistakesChart(nCopies(5, name, name), "").draw();
    MistakesChart chart = chart(5);
    for (int i = 0; i < 4; i++) {
      Rectangle cell = chart.cell(i);
      var gap = new Rectangle(cell.x + cell.width + 2, cell.y, 16, cell.height);
      assertThat(Pixels.of(image, Color.WHITE, gap)).hasSize(16 * cell.height);
    }
    assertThat(Pixels.margin(image, 20)).containsExactly(Color.WHITE);
  }

  @Test
  void picturesOfAnyShapeStayInTheirSquare() {
    int[][] sizes = {{1, 1}, {400, 300}, {1000, 10}, {3, 90}, {161, 161}};
    for (int[] size : sizes) {
      var picture = new Picture(size[0], size[1], new byte[3 * size[0] * size[1]]);
      var chart = new MistakesChart(List.of(mistake(picture, "a", "b")), "");
      Rectangle bounds = chart.picture(0).bounds();
      assertThat(new Rectangle(24, 84, 160, 160).contains(bounds)).isTrue();
      assertThat(Pixels.of(chart.draw(), Color.BLACK, bounds))
          .hasSize(bounds.width * bounds.height);
    }
  }

  private static MistakesChart chart(int count) {
    return new MistakesChart(nCopies(count, "cat", "dog"), "a title");
  }

  private static List<Mistake> nCopies(int count, String truth, String predicted) {
    return Collections.nCopies(count, mistake(plain(0), truth, predicted));
  }

  private static Mistake mistake(Picture picture, String truth, String predicted) {
    return new Mistake(picture, truth, predicted, 0.875f);
  }

  /** A small picture of one colour. */
  private static Picture plain(int red) {
    byte[] rgb = new byte[3 * 32 * 32];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) red;
    }
    return new Picture(32, 32, rgb);
  }

  private static Dimension size(BufferedImage image) {
    return new Dimension(image.getWidth(), image.getHeight());
  }
}
