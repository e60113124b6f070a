package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.evaluation.History;
import java.awt.Color;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurveChartTest {
  /** The curves without the legend. */
  private static final Rectangle CURVES = new Rectangle(0, 50, 720, 390);

  private static final Rectangle LEFT = new Rectangle(0, 50, 240, 390);
  private static final Rectangle RIGHT = new Rectangle(480, 50, 240, 390);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 40, 200})
  void fewAndManyEpochsHaveBothCurvesAndABestEpoch(int epochs) {
    BufferedImage image = CurveChart.ofLoss(falling(epochs), "a title").draw();
    assertThat(image.getWidth()).isEqualTo(720);
    assertThat(image.getHeight()).isEqualTo(480);
    assertThat(Pixels.of(image, CurveChart.TRAINING, CURVES)).isNotEmpty();
    assertThat(Pixels.of(image, CurveChart.VALIDATION, CURVES)).isNotEmpty();
    assertThat(Pixels.of(image, CurveChart.BEST, CURVES)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10})
  void everyOneOfAFewEpochsHasItsNumberBelowTheAxis(int epochs) {
    assertThat(numbersBelowTheAxis(CurveChart.ofLoss(falling(epochs), "").draw()))
        .isEqualTo(epochs);
  }

  @Test
  void twoFiguresHaveRoundNumbersBesideThemAndNotThemselvesOnly() {
    BufferedImage image = CurveChart.ofLoss(falling(1), "").draw();
    long gridLines = // those of a column without a curve; a line may be smeared over two rows
        IntStream.range(CURVES.y, CURVES.y + CURVES.height)
            .filter(y -> faint(Pixels.at(image, 650, y)) && !faint(Pixels.at(image, 650, y - 1)))
            .count();
    assertThat(gridLines).isBetween(4L, 12L);
  }

  @Test
  void lossThatFallsIsDrawnFalling() {
    BufferedImage image = CurveChart.ofLoss(falling(10), "a title").draw();
    for (Color curve : new Color[] {CurveChart.TRAINING, CurveChart.VALIDATION}) {
      assertThat(height(image, curve, LEFT)).isLessThan(height(image, curve, RIGHT));
    }
  }

  @Test
  void accuracyThatRisesIsDrawnRising() {
    BufferedImage image = CurveChart.ofAccuracy(falling(10), "a title").draw();
    for (Color curve : new Color[] {CurveChart.TRAINING, CurveChart.VALIDATION}) {
      assertThat(height(image, curve, LEFT)).isGreaterThan(height(image, curve, RIGHT));
    }
  }

  @Test
  void theRingIsAroundTheEpochOfTheLowestValidationLoss() {
    History history = History.empty();
    for (int i = 1; i <= 9; i++) {
      history = history.plus(epoch(i, 1.0 / i, Math.abs(i - 5) + 1, 0.1 * i));
    }
    for (CurveChart chart :
        new CurveChart[] {CurveChart.ofLoss(history, ""), CurveChart.ofAccuracy(history, "")}) {
      double x =
          Pixels.of(chart.draw(), CurveChart.BEST, CURVES).stream()
              .mapToInt(point -> point.x)
              .average()
              .orElseThrow();
      assertThat(x).isBetween(350.0, 420.0); // the middle of the plot, right of the axis labels
    }
  }

  @Test
  void anEpochThatIsNotANumberIsAGapInTheCurve() {
    History history = History.empty();
    for (int i = 1; i <= 9; i++) {
      double loss = i == 5 ? Double.NaN : i;
      history = history.plus(epoch(i, loss, 2 * loss, 0.5));
    }
    BufferedImage image = CurveChart.ofLoss(history, "").draw();
    Rectangle gap = new Rectangle(365, 50, 40, 390);
    assertThat(Pixels.of(image, CurveChart.TRAINING, gap)).isEmpty();
    assertThat(Pixels.of(image, CurveChart.TRAINING, LEFT)).isNotEmpty();
    assertThat(Pixels.of(image, CurveChart.TRAINING, RIGHT)).isNotEmpty();
  }

  @ParameterizedTest
  @Timeout(10) // XChart looks for ticks until it is content
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 0, 0.1, 1e30, 1e-30})
  void figuresThatNeverChangeCanBeDrawn(double figure) {
    History history = History.empty();
    for (int i = 1; i <= 3; i++) {
      history = history.plus(epoch(i, figure, figure, figure));
      assertThat(CurveChart.ofLoss(history, "").draw()).isNotNull();
      assertThat(CurveChart.ofAccuracy(history, "").draw()).isNotNull();
    }
  }

  @Test
  @Timeout(10)
  void figuresThatHardlyDifferCanBeDrawn() {
    History history =
        History.empty().plus(epoch(1, 2.3, 2.3 + 1e-15, 0.1)).plus(epoch(2, 2.3, 2.3 + 1e-9, 0.1));
    assertThat(CurveChart.ofLoss(history, "").draw()).isNotNull();
  }

  @Test
  void aHistoryWithoutEpochsIsAnEmptyChart() {
    BufferedImage image = CurveChart.ofLoss(History.empty(), "a title").draw();
    assertThat(Pixels.of(image, CurveChart.TRAINING, CURVES)).isEmpty();
  }

  @Test
  void aLongTitleStaysWithinTheMargins() {
    BufferedImage image = CurveChart.ofLoss(falling(3), "a long title ".repeat(30)).draw();
    assertThat(Pixels.margin(image, 8)).containsExactly(Color.WHITE);
  }

  /** The mean distance of a curve from the picture's upper edge. */
  private static double height(BufferedImage image, Color curve, Rectangle area) {
    return Pixels.of(image, curve, area).stream().mapToDouble(Point::getY).average().orElseThrow();
  }

  private static boolean faint(Color color) {
    return !color.equals(Color.WHITE) && color.getRed() >= Ink.TRACK.getRed();
  }

  /** Groups of dark pixels just below the lowest line that crosses most of the picture. */
  private static int numbersBelowTheAxis(BufferedImage image) {
    int axis =
        IntStream.range(0, 480)
            .filter(y -> Pixels.of(image, Color.WHITE, new Rectangle(0, y, 720, 1)).size() < 300)
            .max()
            .orElseThrow();
    int groups = 0;
    int lastDark = -100;
    for (int x = 0; x < 720; x++) {
      var column = new Rectangle(x, axis + 6, 1, 14);
      if (Pixels.of(image, Color.WHITE, column).size() < column.height) {
        groups += x - lastDark > 12 ? 1 : 0;
        lastDark = x;
      }
    }
    return groups;
  }

  private static History falling(int epochs) {
    History history = History.empty();
    for (int i = 1; i <= epochs; i++) {
      history = history.plus(epoch(i, 0.2 + 1.0 / i, 0.5 + 1.0 / i, 0.8 - 0.5 / i));
    }
    return history;
  }

  private static History.Epoch epoch(
      int number, double trainLoss, double validationLoss, double accuracy) {
    return new History.Epoch(number, trainLoss, accuracy + 0.1, validationLoss, accuracy, 0.001, 1);
  }
}
