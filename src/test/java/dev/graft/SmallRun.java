package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * A {@code fine-tune} run that takes a fraction of a second: a linear head on a frozen network with
 * random weights, and synthetic images of 12 pixels.
 *
 * @param folder of the run
 */
record SmallRun(Path folder) {
  private static final int SIDE = 12;

  /** A row of {@code predictions.csv}. */
  record Prediction(String truth, String predicted, double probability) {}

  /** Gray images with noise, and their manifest with labels and parts. */
  static final class Images {
    private final Path folder;
    private final Path manifest;
    private final StringBuilder rows = new StringBuilder("path,label,split\n");
    private final Random noise;
    private int count;

    Images(Path folder) throws IOException {
      this.folder = Files.createDirectories(folder);
      manifest = folder.resolve("pictures.csv");
      noise = new Random(1);
    }

    /**
     * Adds images; the same calls in the same order create the same images.
     *
     * @param darkest brightness of the first, at least 20
     * @param brightest of the last, at most 230; the others lie between
     * @param part train, val or test, or empty if it is to be sampled
     */
    Images add(int images, int darkest, int brightest, String label, String part)
        throws IOException {
      for (int i = 0; i < images; i++) {
        int gray = darkest + (brightest - darkest) * i / Math.max(1, images - 1);
        Path file = folder.resolve(count++ + ".png");
        ImageIO.write(image(gray), "png", file.toFile());
        rows.append(file.getFileName() + "," + label + "," + part + "\n");
      }
      Files.writeString(manifest, rows);
      return this;
    }

    Path file(int image) {
      return folder.resolve(image + ".png");
    }

    private BufferedImage image(int gray) {
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < SIDE * SIDE; i++) {
        int value = gray + noise.nextInt(40) - 20;
        image.setRGB(i % SIDE, i / SIDE, value << 16 | value << 8 | value);
      }
      return image;
    }

    /** Returns the arguments of {@code fine-tune}. */
    List<String> arguments(Path output) {
      return SmallRun.arguments(manifest, output);
    }

    /** Trains on these images; options override those that make the run short. */
    SmallRun train(Path output, String... options) throws IOException {
      return SmallRun.train(manifest, output, options);
    }
  }

  /** Trains on any data. */
  static SmallRun train(Path data, Path output, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(arguments(data, output));
    arguments.addAll(List.of(options));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return latest(output);
  }

  /** The run that ended last. */
  static SmallRun latest(Path output) throws IOException {
    return new SmallRun(
        output.resolve("runs").resolve(Files.readString(output.resolve("latest")).strip()));
  }

  private static List<String> arguments(Path data, Path output) {
    return List.of(
        "fine-tune",
        "--set=backbone=small-cnn",
        "--set=weights=random",
        "--data=" + data,
        "--output=" + output,
        "--device=cpu",
        "--set=epochs=8",
        "--set=min-steps=10",
        "--set=early-stopping.patience=8",
        "--learning-rate=0.02",
        "--set=input-size=" + SIDE,
        "--set=head.hidden=0",
        "--set=head.input-dropout=0",
        "--set=label-smoothing=0",
        "--set=class-weights=none",
        "--set=initializer=glorot-uniform");
  }

  JsonNode json() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("run.json").toFile());
  }

  double testAccuracy() throws IOException {
    return json().at("/test/accuracy").asDouble();
  }

  double validationAccuracy() throws IOException {
    return json().at("/validation/accuracy").asDouble();
  }

  /** Returns the predictions of the test images, in their order. */
  List<Prediction> predictions() throws IOException {
    return Files.readAllLines(folder.resolve("predictions.csv")).stream()
        .skip(1)
        .map(row -> row.split(",", -1))
        .map(row -> new Prediction(row[1], row[2], Double.parseDouble(row[3])))
        .toList();
  }

  /** Returns the share of correct predictions among a class's test images. */
  double recall(String label) throws IOException {
    return predictions().stream()
        .filter(each -> each.truth().equals(label))
        .mapToInt(each -> each.predicted().equals(label) ? 1 : 0)
        .average()
        .orElseThrow();
  }

  /** Returns the mean probability of the predicted classes. */
  double meanConfidence() throws IOException {
    return predictions().stream().mapToDouble(Prediction::probability).average().orElseThrow();
  }

  /** Returns the rows of {@code history.csv} without the seconds. */
  List<String> history() throws IOException {
    return Files.readAllLines(folder.resolve("history.csv")).stream()
        .map(row -> row.substring(0, row.lastIndexOf(',')))
        .toList();
  }

  /** Returns the rows of {@code split.csv} without the hashes. */
  List<String> split() throws IOException {
    return Files.readAllLines(folder.resolve("split.csv")).stream()
        .map(row -> row.substring(0, row.lastIndexOf(',')))
        .toList();
  }
}
