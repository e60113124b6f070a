package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.picture.Picture;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictionChartTest {
  private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f", "g");
  private static final float[] PROBABILITIES = {0.02f, 0.5f, 0.25f, 0.1f, 0.07f, 0.05f, 0.01f};
  private static final Picture PICTURE = new Picture(32, 32, new byte[3 * 32 * 32]);

  @Test
  void aWrongPredictionIsRedTheTruthGreenAndTheOthersBlue() {
    var chart = new PredictionChart(PICTURE, CLASSES, 2, PROBABILITIES);
    BufferedImage image = chart.draw();
    assertThat(barColour(image, chart, 0)).isEqualTo(PredictionChart.WRONG_PREDICTION);
    assertThat(barColour(image, chart, 1)).isEqualTo(PredictionChart.TRUE_CLASS);
    assertThat(barColour(image, chart, 2)).isEqualTo(PredictionChart.OTHER_CLASS);
  }

  @Test
  void aRightPredictionIsGreenAndNothingIsRed() {
    var chart = new PredictionChart(PICTURE, CLASSES, 1, PROBABILITIES);
    BufferedImage image = chart.draw();
    assertThat(barColour(image, chart, 0)).isEqualTo(PredictionChart.TRUE_CLASS);
    var everywhere = new Rectangle(image.getWidth(), image.getHeight());
    assertThat(Pixels.of(image, PredictionChart.WRONG_PREDICTION, everywhere)).isEmpty();
  }

  @Test
  void aBarIsAsLongAsItsProbability() {
    var chart = new PredictionChart(PICTURE, CLASSES, 1, PROBABILITIES);
    assertThat(chart.bar(0).width).isEqualTo(2 * chart.bar(1).width);
    BufferedImage image = chart.draw();
    Rectangle bar = chart.bar(1);
    assertThat(Pixels.at(image, bar.x + bar.width - 1, bar.y + 5))
        .isEqualTo(PredictionChart.OTHER_CLASS);
    assertThat(Pixels.at(image, bar.x + bar.width, bar.y + 5)).isEqualTo(Ink.TRACK);
  }

  @Test
  void theFiveMostProbableClassesAreShownFromTheTop() {
    assertThat(new PredictionChart(PICTURE, CLASSES, 1, PROBABILITIES).rows())
        .containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void aTruthThatIsNoneOfTheFiveComesBelowThem() {
    assertThat(new PredictionChart(PICTURE, CLASSES, 6, PROBABILITIES).rows())
        .containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void ofEquallyProbableClassesTheLowerIndexComesFirst() {
    assertThat(new PredictionChart(PICTURE, CLASSES, 0, new float[7]).rows())
        .containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void aSmallPictureIsEnlargedToSquaresWithSharpEdges() {
    var picture = new Picture(2, 1, new byte[] {(byte) 255, 0, 0, 0, (byte) 255, (byte) 255});
    var chart = new PredictionChart(picture, CLASSES, 0, PROBABILITIES);
    Rectangle bounds = chart.picture.bounds();
    assertThat(bounds.getSize()).isEqualTo(new Dimension(320, 160));
    var left = new Rectangle(bounds.x, bounds.y, 160, 160);
    var right = new Rectangle(bounds.x + 160, bounds.y, 160, 160);
    BufferedImage image = chart.draw();
    assertThat(Pixels.of(image, Color.RED, left)).hasSize(160 * 160);
    assertThat(Pixels.of(image, Color.CYAN, right)).hasSize(160 * 160);
  }

  @Test
  void aLargePictureIsMadeSmallerByAveragingAllItsPixels() {
    byte[] rgb = new byte[3 * 1280 * 1280];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / (3 * 1280) % 4 == 0 ? 255 : 0);
    }
    var chart = new PredictionChart(new Picture(1280, 1280, rgb), CLASSES, 0, PROBABILITIES);
    Rectangle bounds = chart.picture.bounds();
    assertThat(bounds.width).isEqualTo(320);
    BufferedImage image = chart.draw();
    for (int i = 1; i < 320; i += 13) {
      assertThat(Pixels.at(image, bounds.x + i, bounds.y + i).getRed()).isEqualTo(64);
    }
  }

  @Test
  void longNamesAreCutBeforeTheyReachTheEdge() {
    List<String> names = List.of("a name that is too long ".repeat(9), "so is this one ".repeat(9));
    var chart = new PredictionChart(PICTURE, names, 0, new float[] {0.1f, 0.9f});
    BufferedImage image = chart.draw();
    assertThat(Pixels.margin(image, 20)).containsExactly(Color.WHITE);
    Rectangle bar = chart.bar(0);
    var besideTheName = new Rectangle(image.getWidth() - 90, bar.y - 20, 90, 16);
    assertThat(Pixels.of(image, Color.WHITE, besideTheName)).hasSize(90 * 16);
  }

  @Test
  void aProbabilityMissingForAClassIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PredictionChart(PICTURE, CLASSES, 0, new float[6]))
        .withMessage("Expected 7 probabilities, one a class, got 6");
  }

  private static Color barColour(BufferedImage image, PredictionChart chart, int row) {
    Rectangle bar = chart.bar(row);
    return Pixels.at(image, (int) bar.getCenterX(), (int) bar.getCenterY());
  }
}
