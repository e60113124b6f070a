package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Prediction;
import dev.graft.image.RgbImage;
import dev.graft.report.Drawing.Ink;
import java.awt.Color;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartsTest {
  private static final List<String> CLASSES = List.of("cat", "dog");
  private static final History HISTORY =
      History.empty().plus(new History.Epoch(1, 0.5, 0.8, 0.6, 0.7, 0.001, 1));

  @TempDir Path folder;

  /** Width, height and a color that must be in each file. */
  @Test
  void everyChartIsAPngWithItsDrawingBelowATitle() throws IOException {
    var image = new RgbImage(32, 32, new byte[3 * 32 * 32]);
    float[] probabilities = {0.4f, 0.6f};
    var bins = new Calibration(List.of(new Calibration.Bin(4, 0.75, 0.5)));
    var matrix = new ConfusionMatrix(CLASSES, List.of(new Prediction(0, 1, 1, 0.5f)));
    var mistake = new Example(image, "", "cat", "dog", 0.75f);
    Charts.loss(file("loss"), HISTORY, "a title");
    check("loss", 960, 736, Ink.SERIES.get(1));
    Charts.accuracy(file("accuracy"), HISTORY, "a title");
    check("accuracy", 960, 736, Ink.SERIES.get(1));
    Charts.confusion(file("confusion"), matrix, "a title");
    check("confusion", 800, 658, Ink.HEAT);
    Charts.calibration(file("calibration"), bins, bins, "a title");
    check("calibration", 920, 1012, Ink.SERIES.get(0));
    Charts.prediction(file("prediction"), image, CLASSES, 0, probabilities, "a title");
    check("prediction", 808, 380, Ink.BAD);
    Charts.mistakes(file("mistakes"), List.of(mistake), "a title");
    check("mistakes", 912, 292, Ink.GOOD);
    for (String other : List.of("accuracy", "confusion")) {
      assertThat(Files.readAllBytes(file("loss"))).isNotEqualTo(Files.readAllBytes(file(other)));
    }
  }

  private Path file(String name) {
    return folder.resolve(name + ".png");
  }

  private void check(String name, int width, int height, Ink ink) throws IOException {
    BufferedImage image = ImageIO.read(file(name).toFile());
    assertThat(List.of(image.getWidth(), image.getHeight()))
        .as(name)
        .containsExactly(width, height);
    assertThat(Pixels.of(image, ink.color(), new Rectangle(width, height))).as(name).isNotEmpty();
    assertThat(Pixels.of(image, Ink.TEXT.color(), new Rectangle(0, 0, width, 40)))
        .as(name + "'s title")
        .isNotEmpty();
    assertThat(Pixels.of(image, Color.WHITE, new Rectangle(width, 10))).hasSize(10 * width);
  }

  @Test
  void aNewChartTakesTheOldOnesPlaceAndLeavesNothingBesideIt() throws IOException {
    Path file = folder.resolve("loss.png");
    Files.writeString(file, "old");
    Charts.loss(file, HISTORY, "vgg16");
    assertThat(ImageIO.read(file.toFile())).isNotNull();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aFailedWriteSaysWhichFileAndLeavesNothingBehind() throws IOException {
    Path occupied = Files.createDirectories(folder.resolve("loss.png/inside")).getParent();
    for (Path file : List.of(occupied, folder.resolve("missing/loss.png"))) {
      assertThatThrownBy(() -> Charts.loss(file, HISTORY, "vgg16"))
          .isInstanceOf(GraftException.class)
          .hasMessageContaining(file.toString());
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(occupied);
    }
  }

  /** Of the same run. */
  @Test
  void theTitleSaysWhatAChartShows() throws IOException {
    Charts.loss(file("loss"), HISTORY, "a title");
    Charts.accuracy(file("accuracy"), HISTORY, "a title");
    var at = new Rectangle(0, 0, 960, 80);
    assertThat(Pixels.of(ImageIO.read(file("loss").toFile()), Ink.TEXT.color(), at))
        .isNotEqualTo(Pixels.of(ImageIO.read(file("accuracy").toFile()), Ink.TEXT.color(), at));
  }

  @Test
  void theTitleOfAnImageNamesTheRunToo() throws IOException {
    var image = new RgbImage(32, 32, new byte[3 * 32 * 32]);
    Charts.prediction(file("a"), image, CLASSES, 0, new float[] {0.6f, 0.4f}, "one run");
    Charts.prediction(file("b"), image, CLASSES, 0, new float[] {0.6f, 0.4f}, "another run");
    assertThat(Files.readAllBytes(file("a"))).isNotEqualTo(Files.readAllBytes(file("b")));
  }
}
