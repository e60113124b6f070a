package dev.graft.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.History;
import dev.graft.picture.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartsTest {
  private static final List<String> CLASSES = List.of("cat", "dog");
  private static final History HISTORY =
      History.empty().plus(new History.Epoch(1, 0.5, 0.8, 0.6, 0.7, 0.001, 1));

  @TempDir Path folder;

  @Test
  void everyChartIsAPngOfAReadableSize() throws IOException {
    Charts.loss(folder.resolve("loss.png"), HISTORY, "vgg16 on cifar10");
    Charts.accuracy(folder.resolve("accuracy.png"), HISTORY, "vgg16 on cifar10");
    var matrix = new ConfusionMatrix(CLASSES, List.of());
    Charts.confusion(folder.resolve("confusion.png"), matrix, "vgg16 on cifar10");
    var picture = new Picture(32, 32, new byte[3 * 32 * 32]);
    float[] probabilities = {0.4f, 0.6f};
    Charts.prediction(folder.resolve("test-0.png"), picture, CLASSES, 0, probabilities);
    for (String name : List.of("loss.png", "accuracy.png", "confusion.png", "test-0.png")) {
      BufferedImage image = ImageIO.read(folder.resolve(name).toFile());
      assertThat(image.getWidth()).as(name).isBetween(480, 900);
      assertThat(image.getHeight()).as(name).isBetween(400, 700);
    }
  }

  @Test
  void mistakesAreAPngOfAReadableSizeHoweverManyThereAre() throws IOException {
    var picture = new Picture(32, 32, new byte[3 * 32 * 32]);
    Path file = folder.resolve("mistakes.png");
    for (int count : new int[] {0, 1, 7, 26}) {
      var mistakes = Collections.nCopies(count, new Mistake(picture, "cat", "dog", 0.75f));
      Charts.mistakes(file, mistakes, "vgg16 on cifar10");
      BufferedImage image = ImageIO.read(file.toFile());
      assertThat(image.getWidth()).isBetween(480, 1000);
      assertThat(image.getHeight()).isBetween(300, 1300);
    }
  }

  @Test
  void lossAndAccuracyAreTwoCharts() throws IOException {
    Charts.loss(folder.resolve("loss.png"), HISTORY, "vgg16");
    Charts.accuracy(folder.resolve("accuracy.png"), HISTORY, "vgg16");
    assertThat(Files.readAllBytes(folder.resolve("loss.png")))
        .isNotEqualTo(Files.readAllBytes(folder.resolve("accuracy.png")));
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
}
