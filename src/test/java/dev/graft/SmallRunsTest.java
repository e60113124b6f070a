package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.SmallRun.Images;
import dev.graft.SmallRun.Prediction;
import dev.graft.data.ImageMaker;
import dev.graft.engine.Bfloat16;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Complete runs on images whose figures show whether the components work together. */
@Tag("engine")
class SmallRunsTest {
  @TempDir Path folder;

  private Path output() {
    return folder.resolve("output");
  }

  private Images images(String name) throws IOException {
    return new Images(folder.resolve(name));
  }

  // Training, validation and test images.

  /** The labels of one part are swapped; it is so large that training on it would show. */
  @ParameterizedTest
  @CsvSource({"6, 20, false, true", "20, 6, true, false"})
  void heldOutImagesAreNotTrainedOnAndNotMixedUp(
      int validation, int test, boolean validationSwapped, boolean testSwapped) throws IOException {
    SmallRun run =
        images("photos")
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(validation, 40, 60, validationSwapped ? "light" : "dark", "val")
            .add(validation, 190, 210, validationSwapped ? "dark" : "light", "val")
            .add(test, 40, 60, testSwapped ? "light" : "dark", "test")
            .add(test, 190, 210, testSwapped ? "dark" : "light", "test")
            .train(output());

    assertThat(run.validationAccuracy()).isEqualTo(validationSwapped ? 0 : 1);
    assertThat(run.testAccuracy()).isEqualTo(testSwapped ? 0 : 1);
  }

  @Test
  void heldOutImagesDoNotChangeTrainingByADigit() throws IOException {
    List<List<String>> trained = new ArrayList<>();
    for (int brightness : List.of(40, 230)) {
      SmallRun run =
          images("photos" + brightness)
              .add(8, 40, 60, "dark", "train")
              .add(8, 190, 210, "light", "train")
              .add(6, brightness, brightness, "dark", "val")
              .add(6, brightness, brightness, "light", "val")
              .add(1, brightness, brightness, "dark", "test")
              .train(output());
      trained.add(run.history().stream().map(SmallRunsTest::onTrainingImages).toList());
    }
    assertThat(trained.get(0)).hasSize(9).isEqualTo(trained.get(1));
  }

  /** Returns the epoch, and the loss and accuracy of the training images. */
  private static String onTrainingImages(String row) {
    return String.join(",", List.of(row.split(",", -1)).subList(0, 3));
  }

  @Test
  void testImagesDoNotChangeADecision() throws IOException {
    List<List<String>> histories = new ArrayList<>();
    for (int brightness : List.of(40, 230)) {
      histories.add(
          images("photos" + brightness)
              .add(8, 40, 130, "dark", "train")
              .add(8, 110, 210, "light", "train")
              .add(6, 40, 130, "dark", "val")
              .add(6, 110, 210, "light", "val")
              .add(20, brightness, brightness, "dark", "test")
              .train(output())
              .history());
    }
    assertThat(histories.get(0)).hasSize(9).isEqualTo(histories.get(1));
  }

  // Mirror images.

  @Test
  void averagesOverMirrorImagesAreTheModelsPredictionsEverywhere() throws IOException {
    Images images =
        images("photos")
            .add(8, 40, 130, "dark", "train")
            .add(8, 110, 210, "light", "train")
            .add(6, 40, 130, "dark", "val")
            .add(6, 110, 210, "light", "val")
            .add(20, 90, 160, "dark", "test");
    SmallRun plain = images.train(output());
    SmallRun averaged = images.train(output(), "--set=average-mirror=true");

    assertThat(averaged.folder().resolve("log.txt"))
        .content()
        .as("mirror images of the validation and test images, not of the training images")
        .contains("Features of mirror images: computing 32 different images once");
    assertThat(averaged.history()).isEqualTo(plain.history());
    assertThat(averaged.json().at("/test/singleAccuracy").asDouble())
        .isEqualTo(plain.testAccuracy());
    assertThat(plain.json().at("/test").has("singleAccuracy")).isFalse();
    List<Prediction> predictions = averaged.predictions();
    assertThat(predictions).hasSize(20).isNotEqualTo(plain.predictions());

    Path image = images.file(28); // the first test image
    Path mirrored = folder.resolve("mirrored.png");
    ImageIO.write(mirrored(ImageIO.read(image.toFile())), "png", mirrored.toFile());
    Path exported = folder.resolve("exported.onnx");
    CommandRun export = CommandRun.of("export", averaged.folder().toString(), "--to=" + exported);
    assertThat(export.code()).as(export.err()).isZero();
    for (Path model : List.of(averaged.folder().resolve("model"), exported)) {
      try (Classifier classifier = Classifier.load(model)) {
        for (Path each : List.of(image, mirrored)) {
          ClassProbability best = classifier.classify(each, 1).get(0);
          assertThat(best.name()).isEqualTo(predictions.get(0).predicted());
          assertThat(best.probability()).isCloseTo(predictions.get(0).probability(), within(1e-4));
        }
      }
    }
    CommandRun evaluated =
        CommandRun.of(
            "evaluate", "--run=" + averaged.folder(), "--output=" + output(), "--device=cpu");
    assertThat(evaluated.out())
        .contains(String.format(Locale.ROOT, "accuracy %.4f", averaged.testAccuracy()));
  }

  private static BufferedImage mirrored(BufferedImage image) {
    BufferedImage mirrored =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        mirrored.setRGB(image.getWidth() - 1 - x, y, image.getRGB(x, y));
      }
    }
    return mirrored;
  }

  @Test
  void theTrainingPrecisionIsRecorded() throws IOException {
    assumeTrue(Bfloat16.isPossible(), "not PyTorch");
    SmallRun run =
        new SmallRun.Images(folder.resolve("images"))
            .add(8, 40, 90, "dark", "train")
            .add(8, 160, 210, "light", "train")
            .add(2, 40, 90, "dark", "val")
            .add(2, 160, 210, "light", "test")
            .train(folder.resolve("output"), "--set=training-precision=bfloat16");
    assertThat(run.json().at("/engine/trainingPrecision").asText()).isEqualTo("bfloat16");
    assertThat(run.testAccuracy()).isEqualTo(1);
    assertThat(run.folder().resolve("log.txt"))
        .content()
        .contains(
            "Training: products and activations between them in bfloat16, all else in float32, from the recipe");
  }

  /** Every second image is a copy with a little noise. */
  @Test
  void nearDuplicatesStayOnOneSideOfEverySplit() throws IOException {
    Path photos = folder.resolve("photos");
    for (int i = 0; i < 24; i++) {
      Path file = photos.resolve((i % 2 == 0 ? "cat/" : "dog/") + i + ".png");
      ImageMaker.write(file, i, 32);
      twin(file, file.resolveSibling("twin-of-" + i + ".png"));
    }
    SmallRun run =
        SmallRun.train(photos, output(), "--set=validation-split=0.3", "--set=test-split=0.3");

    Map<String, List<String>> parts = new TreeMap<>();
    for (String row : run.split().subList(1, run.split().size())) {
      String[] cells = row.split(",", -1);
      String name = cells[0].replaceFirst(".*[/\\\\]", "").replace("twin-of-", "");
      parts.computeIfAbsent(name, each -> new ArrayList<>()).add(cells[2]);
    }
    assertThat(parts)
        .hasSize(24)
        .allSatisfy((name, both) -> assertThat(both).as(name).hasSize(2).containsOnly(both.get(0)));
    assertThat(parts.values().stream().map(both -> both.get(0)))
        .contains("train", "validation", "test");
  }

  private static void twin(Path file, Path twin) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    Random noise = new Random(3);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, image.getRGB(x, y) ^ (noise.nextInt(4) << 8 | noise.nextInt(4)));
      }
    }
    ImageIO.write(image, "png", twin.toFile());
  }

  // Class weights and label smoothing.

  @ParameterizedTest
  @ValueSource(strings = {"balanced", "logit-adjusted"})
  void classWeightsRaiseTheRecallOfARareClass(String weights) throws IOException {
    Images photos =
        images("photos")
            .add(60, 60, 190, "common", "train")
            .add(6, 100, 210, "rare", "train")
            .add(12, 60, 190, "common", "val")
            .add(3, 100, 210, "rare", "val")
            .add(5, 60, 190, "common", "test")
            .add(20, 100, 210, "rare", "test");

    double plain = photos.train(output()).recall("rare");
    double weighted = photos.train(output(), "--set=class-weights=" + weights).recall("rare");

    assertThat(weighted).isGreaterThan(plain + 0.15);
  }

  @Test
  void labelSmoothingLowersConfidenceToTheSmoothedLabels() throws IOException {
    Images photos =
        images("photos")
            .add(8, 40, 60, "dark", "train")
            .add(8, 190, 210, "light", "train")
            .add(3, 40, 60, "dark", "val")
            .add(3, 190, 210, "light", "val")
            .add(5, 40, 60, "dark", "test")
            .add(5, 190, 210, "light", "test");

    assertThat(photos.train(output()).meanConfidence()).isGreaterThan(0.9);
    // Half of the label is spread over two classes: 0.5 + 0.5 / 2.
    assertThat(photos.train(output(), "--set=label-smoothing=0.5").meanConfidence())
        .isCloseTo(0.75, within(0.05));
  }

  // Evaluation.

  @Test
  void testImagesArePredictedAsByInferDespiteHighDropout() throws IOException {
    Images photos =
        images("photos")
            .add(8, 40, 130, "dark", "train")
            .add(8, 110, 210, "light", "train")
            .add(3, 40, 130, "dark", "val")
            .add(3, 110, 210, "light", "val")
            .add(3, 40, 130, "dark", "test")
            .add(3, 110, 210, "light", "test");
    SmallRun run =
        photos.train(
            output(),
            "--set=head.hidden=64",
            "--set=head.input-dropout=0.8",
            "--set=head.dropout=0.8");

    List<String> infer = new ArrayList<>(List.of("infer", "--json", "--device=cpu"));
    infer.add("--output=" + output());
    for (int i = 22; i < 28; i++) {
      infer.add(photos.file(i).toString());
    }
    List<JsonNode> answers = CommandRun.of(infer.toArray(String[]::new)).json();
    List<Prediction> predictions = run.predictions();
    assertThat(predictions).hasSize(6).hasSameSizeAs(answers);
    for (int i = 0; i < predictions.size(); i++) {
      JsonNode best = answers.get(i).at("/predictions/0");
      assertThat(predictions.get(i).predicted()).isEqualTo(best.path("name").asText());
      assertThat(predictions.get(i).probability())
          .isCloseTo(best.path("probability").asDouble(), within(2e-4));
    }
  }

  /** Half of the validation labels of one brightness are wrong, but no training labels are. */
  @Test
  void temperatureLowersConfidenceOfAnOverconfidentModelAlsoWhenSaved() throws Exception {
    Images photos =
        images("photos")
            .add(12, 40, 60, "dark", "train")
            .add(12, 190, 210, "light", "train")
            .add(60, 40, 60, "dark", "val")
            .add(30, 190, 210, "light", "val")
            .add(30, 190, 210, "dark", "val")
            .add(6, 40, 60, "dark", "test")
            .add(6, 190, 210, "light", "test");
    SmallRun plain = photos.train(output(), "--set=calibrate=false");
    SmallRun run = photos.train(output());

    assertThat(run.history()).isEqualTo(plain.history());
    assertThat(plain.json().has("calibration")).isFalse();
    JsonNode calibration = run.json().at("/calibration");
    assertThat(calibration.at("/pictures").asInt()).isEqualTo(120);
    assertThat(calibration.at("/temperature").asDouble()).isGreaterThan(1.2);
    assertThat(calibration.at("/before").asDouble())
        .isEqualTo(plain.json().at("/test/ece").asDouble());
    assertThat(calibration.at("/after").asDouble())
        .isEqualTo(run.json().at("/test/ece").asDouble());
    assertThat(run.meanConfidence()).isLessThan(plain.meanConfidence() - 0.05);
    assertThat(run.predictions().stream().map(Prediction::predicted))
        .containsExactlyElementsOf(
            plain.predictions().stream().map(Prediction::predicted).toList());
    assertThat(run.folder().resolve("plots/calibration.png")).isNotEmptyFile();

    CommandRun evaluated = CommandRun.of("evaluate", "--output=" + output(), "--device=cpu");
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    assertThat(greatestDifference(run.predictions(), new SmallRun(onlyEvaluation()).predictions()))
        .isLessThan(1e-4);
  }

  /** The head is trained on int8 features, which plain DJL, in float32, does not compute. */
  @Test
  void aModelTrainedOnInt8FeaturesIsEvaluatedOnInt8Features() throws Exception {
    Images photos =
        images("photos")
            .add(12, 40, 160, "dark", "train")
            .add(12, 90, 210, "light", "train")
            .add(3, 40, 160, "dark", "val")
            .add(3, 90, 210, "light", "val")
            .add(6, 40, 160, "dark", "test")
            .add(6, 90, 210, "light", "test");
    SmallRun run = photos.train(output(), "--set=precision=int8", "--set=epochs=30");
    assertThat(run.json().at("/root/engine").asText()).isEqualTo("ONNX Runtime");
    assertThat(run.json().at("/root/precision").asText()).isEqualTo("int8");
    Path model = run.folder().resolve("model");
    assertThat(model.resolve("ranges.json")).isNotEmptyFile();
    assertThat(CommandRun.of("infer", "--run=" + model, "--device=gpu0", "car.png").err())
        .contains("--device: gpu0 cannot compute this model");

    CommandRun evaluated = CommandRun.of("evaluate", "--output=" + output(), "--device=cpu");
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    List<Prediction> predictions = run.predictions();
    List<Prediction> again = new SmallRun(onlyEvaluation()).predictions();
    assertThat(again).hasSize(12);
    assertThat(greatestDifference(predictions, again)).isLessThan(1e-4);
    assertThat(again.stream().map(Prediction::predicted))
        .containsExactlyElementsOf(predictions.stream().map(Prediction::predicted).toList());

    // The same head on a float32 frozen part gives other probabilities.
    Path description = model.resolve("network.json");
    String int8 = Files.readString(description);
    Files.writeString(
        description, int8.replaceFirst(",\\s*\"rangesSha256\" : \"[0-9a-f]{64}\"", ""));
    List<Prediction> float32 = new ArrayList<>();
    for (int i = 30; i < 42; i++) {
      JsonNode best =
          CommandRun.of(
                  "infer",
                  "--json",
                  "--device=cpu",
                  "--output=" + output(),
                  photos.file(i).toString())
              .json()
              .get(0)
              .at("/predictions/0");
      float32.add(
          new Prediction("", best.path("name").asText(), best.path("probability").asDouble()));
    }
    assertThat(greatestDifference(predictions, float32)).isGreaterThan(1e-4);

    Files.writeString(description, int8);
    Files.writeString(
        model.resolve("ranges.json"),
        Files.readString(model.resolve("ranges.json")).replaceFirst("greatest\":[0-9]", "$01"));
    CommandRun damaged =
        CommandRun.of("infer", "--output=" + output(), "--device=cpu", photos.file(0).toString());
    assertThat(damaged.code()).isEqualTo(1);
    assertThat(damaged.err())
        .contains("ranges.json has been changed or damaged; copy the model's folder again");
  }

  private Path onlyEvaluation() throws IOException {
    try (Stream<Path> folders = Files.list(output().resolve("evaluations"))) {
      return folders.reduce((a, b) -> b).orElseThrow();
    }
  }

  private static double greatestDifference(List<Prediction> some, List<Prediction> others) {
    return IntStream.range(0, some.size())
        .mapToDouble(i -> Math.abs(some.get(i).probability() - others.get(i).probability()))
        .max()
        .orElseThrow();
  }

  @Test
  void rangesAreMeasuredOnceAndNeverOnTestImages() throws IOException {
    Images photos =
        images("photos")
            .add(4, 60, 80, "dark", "train")
            .add(4, 150, 170, "light", "train")
            .add(1, 60, 80, "dark", "val")
            .add(1, 30, 31, "dark", "test")
            .add(1, 220, 221, "light", "test");
    Path features = output().resolve("features");
    photos.train(output(), "--set=precision=int8");
    List<Path> ranges = ranges(features);
    assertThat(ranges).hasSize(1);
    String first = Files.readString(ranges.get(0));
    // Valid ranges that are not those that were measured.
    Files.writeString(ranges.get(0), first.replaceFirst("greatest\":[0-9]", "$01"));

    SmallRun again = photos.train(output(), "--set=precision=int8");
    assertThat(ranges(features)).isEqualTo(ranges);
    assertThat(ranges.get(0)).hasContent(first);
    assertThat(again.json().at("/cache/hit").asBoolean()).isTrue();

    Images others =
        images("others")
            .add(4, 60, 80, "dark", "train")
            .add(4, 150, 170, "light", "train")
            .add(1, 60, 80, "dark", "val")
            .add(3, 100, 110, "dark", "test")
            .add(3, 120, 130, "light", "test");
    others.train(output(), "--set=precision=int8");
    assertThat(ranges(features)).as("the same images except for the test images").isEqualTo(ranges);
  }

  private static List<Path> ranges(Path features) throws IOException {
    try (Stream<Path> files = Files.list(features)) {
      return files.filter(file -> file.toString().endsWith(".json")).toList();
    }
  }

  // The feature cache.

  @Test
  void cachedFeaturesAreNotUsedForAnotherInputOrOtherWeights() throws IOException {
    Images photos =
        images("photos")
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(1, 40, 60, "dark", "val")
            .add(1, 40, 60, "dark", "test");

    // 12 and 13 pixels end in activations of the same size.
    for (String change : List.of("--set=input-size=12", "--set=input-size=13", "--seed=43")) {
      SmallRun run = photos.train(output(), "--set=epochs=1", change);
      assertThat(run.json().at("/cache/hit").asBoolean(true)).as(change).isFalse();
    }
    SmallRun again = photos.train(output(), "--set=epochs=2", "--set=input-size=13");
    assertThat(again.json().at("/cache/hit").asBoolean()).isTrue();
  }
}
