package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.image.RgbImage;
import dev.graft.report.Drawing.Fill;
import dev.graft.report.Drawing.Ink;
import dev.graft.report.Drawing.Label;
import dev.graft.report.Drawing.Photo;
import java.awt.Color;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExampleChartsTest {
  private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f", "g");
  private static final float[] PROBABILITIES = {0.02f, 0.5f, 0.25f, 0.1f, 0.07f, 0.05f, 0.01f};
  private static final RgbImage IMAGE = plain(0);

  @Test
  void aWrongPredictionIsRedTheTruthGreenAndTheOthersBlue() {
    assertThat(bars(prediction(2)))
        .extracting(Fill::ink)
        .startsWith(Ink.BAD, Ink.GOOD, Ink.SERIES.get(0));
    assertThat(bars(prediction(1))).extracting(Fill::ink).startsWith(Ink.GOOD, Ink.SERIES.get(0));
  }

  @Test
  void aBarIsAsLongAsItsProbability() {
    List<Integer> widths =
        bars(prediction(1)).stream().map(bar -> bar.outline().getBounds().width).toList();
    assertThat(widths).containsExactly(180, 90, 36, 25, 18);
  }

  @Test
  void theFiveMostProbableClassesAreShownAndATruthThatIsNotAmongThem() {
    assertThat(Shapes.texts(prediction(1)))
        .containsExactly(
            "b  (truth)", "50.0 %", "c", "25.0 %", "d", "10.0 %", "e", "7.0 %", "f", "5.0 %");
    assertThat(Shapes.texts(prediction(6))).endsWith("f", "5.0 %", "g  (truth)", "1.0 %");
  }

  @Test
  void ofEquallyProbableClassesTheLowerIndexComesFirst() {
    Drawing chart = ExampleCharts.prediction(IMAGE, CLASSES, 0, new float[7]);
    assertThat(Shapes.texts(chart)).startsWith("a  (truth)", "0.0 %", "b", "0.0 %", "c");
    assertThat(Shapes.texts(chart)).doesNotContain("f");
  }

  @Test
  void aProbabilityMissingForAClassIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExampleCharts.prediction(IMAGE, CLASSES, 0, new float[6]))
        .withMessage("Expected 7 probabilities, one per class, got 6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a name that is too long for any image",
        "とても長い名前のクラスとても長い名前のクラス",
        "\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36\uD83D\uDC31\uD83D\uDC36"
      })
  void longNamesAreCut(String name) {
    String longer = name.repeat(9);
    Drawing chart =
        ExampleCharts.prediction(IMAGE, List.of(longer, longer), 0, new float[] {0.1f, 0.9f});
    assertThat(Pixels.margin(chart.image(longer, 1), 6)).containsExactly(Color.WHITE);
    Drawing sheet = ExampleCharts.mistakes(Collections.nCopies(5, example(IMAGE, longer, longer)));
    List<Label> names =
        Shapes.of(sheet, Label.class).filter(label -> label.text().contains("…")).toList();
    assertThat(names).hasSize(10).allMatch(label -> label.type().width(label.text()) <= 144);
  }

  @Test
  void mistakesAreReadFromTheLeftAndThenFromTheTopTwentyFiveAtMost() {
    List<Example> mistakes =
        IntStream.range(0, 30).mapToObj(i -> example(plain(8 * i), "a", "b")).toList();
    List<Photo> photos = Shapes.of(ExampleCharts.mistakes(mistakes), Photo.class).toList();
    assertThat(photos).hasSize(25);
    for (int i = 0; i < 25; i++) {
      assertThat(photos.get(i).image()).isEqualTo(plain(8 * i));
      assertThat(photos.get(i).bounds().x).isEqualTo(16 + 180 * (i % 5));
      assertThat(photos.get(i).bounds().y).isEqualTo(28 + 220 * (i / 5));
    }
  }

  @Test
  void aMistakeHasItsTruthInGreenAndItsPredictionInRedBelow() {
    Drawing sheet = ExampleCharts.mistakes(List.of(example(IMAGE, "cat", "dog")));
    assertThat(Shapes.texts(sheet))
        .containsExactly(
            "true class", "predicted class and its probability", "cat", "dog", "87.5 %");
    int green = Shapes.fills(sheet, Ink.GOOD).toList().get(1).outline().getBounds().y;
    int red = Shapes.fills(sheet, Ink.BAD).toList().get(1).outline().getBounds().y;
    assertThat(red).isEqualTo(green + 20);
  }

  @Test
  void whereThereAreNoMistakesItSaysSo() {
    assertThat(Shapes.texts(ExampleCharts.mistakes(List.of())))
        .containsExactly("No image was misclassified.");
  }

  private static Drawing prediction(int truth) {
    return ExampleCharts.prediction(IMAGE, CLASSES, truth, PROBABILITIES);
  }

  private static List<Fill> bars(Drawing chart) {
    return Shapes.of(chart, Fill.class).filter(fill -> !fill.ink().equals(Ink.PANEL)).toList();
  }

  private static Example example(RgbImage image, String truth, String predicted) {
    return new Example(image, "", truth, predicted, 0.875f);
  }

  /** A small image of one color. */
  private static RgbImage plain(int red) {
    byte[] rgb = new byte[3 * 32 * 32];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) red;
    }
    return new RgbImage(32, 32, rgb);
  }
}
