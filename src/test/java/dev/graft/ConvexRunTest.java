package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose head is solved as a convex problem, and the review of labels on its probabilities. */
@Tag("engine")
class ConvexRunTest {
  @TempDir private static Path folder;

  private static SmallRun.Images images;
  private static SmallRun run;

  @BeforeAll
  static void train() throws IOException {
    images =
        new SmallRun.Images(folder.resolve("images"))
            .add(30, 30, 90, "dark", "")
            .add(30, 160, 220, "light", "");
    run = images.train(output(), "--set=head.solver=newton", "--folds=3");
  }

  private static Path output() {
    return folder.resolve("output");
  }

  @Test
  void allImagesButTheTestImagesAreFitted() throws IOException {
    JsonNode json = run.json();
    assertThat(json.at("/head/solver").asText()).isEqualTo("newton");
    assertThat(json.at("/head/reason").asText()).isEqualTo("recipe");
    assertThat(json.at("/data/train").asInt()).isEqualTo(48);
    assertThat(json.at("/data/validation").asInt()).isZero();
    assertThat(json.has("epochs")).isFalse();
    assertThat(json.at("/engine/trainingPrecision").isMissingNode()).isTrue();
    assertThat(Files.readAllLines(run.folder().resolve("history.csv"))).hasSize(1);
    assertThat(run.testAccuracy()).isEqualTo(1);
    assertThat(run.validationAccuracy()).isGreaterThan(0.9);
    assertThat(json.at("/crossValidation/accuracy/mean").asDouble()).isGreaterThan(0.9);
    assertThat(json.at("/crossValidation/repeats").asInt()).isEqualTo(1);
    assertThat(run.folder().resolve("report.html"))
        .content()
        .contains("one linear layer (logistic regression), computed directly")
        .contains("<td>other steps, such as")
        .contains("Labels that are probably wrong")
        .doesNotContain("Learning curves");
  }

  @Test
  void theTemperatureOfTheRunIsThatOfItsModel() throws IOException {
    JsonNode calibration = run.json().at("/calibration");
    double temperature = calibration.at("/temperature").asDouble();
    assertThat(calibration.at("/pictures").asInt()).isEqualTo(48);
    assertThat(Math.abs(Math.log(temperature))).isGreaterThan(0.05);
    assertThat(run.folder().resolve("log.txt"))
        .content()
        .contains("fitted to 48 training images, each predicted out of fold")
        .doesNotContain("Not calibrated");
    JsonNode model =
        new ObjectMapper().readTree(run.folder().resolve("model/network.json").toFile());
    assertThat(model.at("/temperature").asDouble()).isEqualTo(temperature);

    SmallRun without =
        images.train(
            folder.resolve("uncalibrated"),
            "--set=head.solver=newton",
            "--folds=3",
            "--set=calibrate=false");
    assertThat(without.json().has("calibration")).isFalse();
    assertThat(without.json().at("/test/ece").asDouble())
        .isCloseTo(calibration.at("/before").asDouble(), within(1e-6))
        .isNotCloseTo(run.json().at("/test/ece").asDouble(), within(1e-3));
  }

  @Test
  void savedAndExportedModelsPredictAsTheRunDid() throws IOException {
    CommandRun exported = CommandRun.of("export", "--output=" + output());
    assertThat(exported.code()).as(exported.err()).isZero();
    Path file = output().resolve("exports").resolve(run.folder().getFileName() + ".onnx");
    List<SmallRun.Prediction> known = run.predictions();
    Path evaluations = output().resolve("evaluations");
    for (Path model : List.of(run.folder(), file)) {
      assertThat(prediction(model, images.file(3)).at("/name").asText()).isEqualTo("dark");
    }
    CommandRun evaluated = CommandRun.of("evaluate", "--output=" + output());
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    try (var all = Files.list(evaluations)) {
      JsonNode again =
          new ObjectMapper()
              .readTree(all.findFirst().orElseThrow().resolve("evaluation.json").toFile());
      assertThat(again.at("/test/loss").asDouble())
          .isCloseTo(run.json().at("/test/loss").asDouble(), within(1e-4));
    }
    assertThat(known).hasSize(12);
  }

  /** The features are divided by their norm in the exported file, after the int8 frozen part. */
  @Test
  void anInt8ExportPredictsAsTheModelDoes() throws IOException {
    SmallRun.Images few =
        new SmallRun.Images(folder.resolve("few images"))
            .add(4, 30, 170, "dark", "train")
            .add(4, 90, 220, "light", "train")
            .add(4, 30, 170, "dark", "test")
            .add(4, 90, 220, "light", "test");
    SmallRun normalized = few.train(folder.resolve("normalized"), "--set=head.solver=newton");
    assertThat(normalized.json().at("/head/features").asText()).contains("L2-normalized");
    Path file = folder.resolve("int8.onnx");
    CommandRun exported =
        CommandRun.of(
            "export", "--format=int8", "--output=" + folder.resolve("normalized"), "--to=" + file);
    assertThat(exported.code()).as(exported.err()).isZero();
    for (int test = 8; test < 16; test++) {
      assertThat(light(prediction(file, few.file(test))))
          .isCloseTo(light(prediction(normalized.folder(), few.file(test))), within(0.05));
    }
    assertThat(light(prediction(file, few.file(15))))
        .isGreaterThan(light(prediction(file, few.file(8))));
  }

  /** Returns the probability of the class "light", of two. */
  private static double light(JsonNode prediction) {
    double probability = prediction.at("/probability").asDouble();
    return prediction.at("/name").asText().equals("light") ? probability : 1 - probability;
  }

  private static JsonNode prediction(Path model, Path image) throws IOException {
    return CommandRun.of("infer", "--json", "--model=" + model, image.toString())
        .json()
        .get(0)
        .at("/predictions/0");
  }

  @Test
  void ofFewTestImagesTheAccuracyIsThatOfARepeatedCrossValidation() throws IOException {
    Path few = folder.resolve("few");
    SmallRun alone = images.train(few, "--set=head.solver=newton");
    JsonNode folds = alone.json().at("/crossValidation");
    assertThat(folds.at("/folds").asInt()).isEqualTo(20);
    assertThat(folds.at("/repeats").asInt()).isEqualTo(4);
    assertThat(folds.at("/images").asInt()).isEqualTo(60);
    assertThat(folds.at("/interval/low").asDouble())
        .isLessThan(folds.at("/accuracy/mean").asDouble());
    assertThat(Files.readAllLines(alone.folder().resolve("folds.csv"))).hasSize(21);
    assertThat(alone.folder().resolve("report.html"))
        .content()
        .contains("in a cross-validation of 60 images", "each of 60 images predicted 4 times");
    assertThat(alone.folder().resolve("log.txt"))
        .content()
        .containsSubsequence(
            "cross-validation of 60 images in 5 folds, 4 times, because the test images are few:",
            "  accuracy ",
            "Test of the saved model:",
            ", on 12 images");

    SmallRun asked = images.train(few, "--set=head.solver=newton", "--set=test-split=0.25");
    assertThat(asked.json().has("crossValidation")).isFalse();
  }

  @Test
  void trainingStagesOfTheBackboneCannotBeSolved() throws IOException {
    Path manifest = images.file(0).resolveSibling("pictures.csv");
    CommandRun refused =
        CommandRun.of(
            "fine-tune",
            "--data=" + manifest,
            "--set=head.solver=newton",
            "--no-cache",
            "--output=" + folder.resolve("none"));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("head.solver: newton needs a frozen backbone");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void wrongLabelsComeFirst() throws IOException {
    Path photos = folder.resolve("photos");
    for (int i = 0; i < 60; i++) {
      // Two of the light images lie among the dark ones.
      String label = i < 30 || i > 57 ? "dark" : "light";
      Files.createDirectories(photos.resolve(label));
      Files.copy(images.file(i), photos.resolve(label).resolve(i + ".png"));
    }
    Path table = folder.resolve("new/review/labels.csv"); // its folders are created
    CommandRun review =
        CommandRun.of(
            "inspect", photos.toString(), "--labels=" + table, "--output=" + folder.resolve("o"));
    assertThat(review.code()).as(review.err()).isZero();
    List<String> rows = Files.readAllLines(table);
    assertThat(rows)
        .hasSize(61)
        .first()
        .isEqualTo("path,label,suggested,label_probability,suggested_probability,reason");
    assertThat(rows.subList(1, 3))
        .allSatisfy(row -> assertThat(row).contains(",dark,light,"))
        .anyMatch(row -> row.startsWith("dark/58.png,"))
        .anyMatch(row -> row.startsWith("dark/59.png,"));
    assertThat(table.resolveSibling("labels.html")).content().contains("data-path=\"dark/59.png\"");

    CommandRun unnamed =
        CommandRun.of("inspect", photos.toString(), "--labels", "--output=" + folder.resolve("o"));
    assertThat(unnamed.code()).as(unnamed.err()).isZero();
    try (Stream<Path> written = Files.list(folder.resolve("o/inspections"))) {
      assertThat(written.map(each -> each.resolve("labels.csv")))
          .singleElement()
          .satisfies(each -> assertThat(each).hasSameTextualContentAs(table));
    }
  }

  /** An image unlike all others, one image with two labels, and near-duplicates in two parts. */
  @Test
  void otherReasonsAreInTheTableAndOnThePageToo() throws IOException {
    Path parts = folder.resolve("parts");
    for (int i = 0; i < 60; i++) {
      copy(i, parts, (i % 5 == 0 ? "test/" : "train/") + (i < 30 ? "dark/" : "light/") + i);
    }
    copy(3, parts, "train/light/3-again");
    BufferedImage near = ImageIO.read(images.file(41).toFile());
    near.setRGB(5, 5, near.getRGB(5, 5) ^ 1); // identical images are moved into one part instead
    ImageIO.write(near, "png", parts.resolve("test/light/41-again.png").toFile());
    BufferedImage stripes = new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 144; i++) {
      stripes.setRGB(i % 12, i / 12, i / 12 % 4 < 2 ? 0xff0000 : 0x00ff00);
    }
    ImageIO.write(stripes, "png", parts.resolve("train/dark/not-found.png").toFile());
    Path table = folder.resolve("reasons/labels.csv");
    CommandRun review =
        CommandRun.of(
            "inspect", parts.toString(), "--labels=" + table, "--output=" + folder.resolve("o"));
    assertThat(review.code()).as(review.err()).isZero();
    List<String> rows = Files.readAllLines(table);
    assertThat(reasons(rows, "train/dark/not-found.png")).contains("unlike-others");
    assertThat(reasons(rows, "train/dark/3.png")).contains("conflict");
    assertThat(reasons(rows, "train/light/3-again.png")).contains("conflict");
    assertThat(reasons(rows, "train/light/41.png")).contains("leak").doesNotContain("conflict");
    assertThat(reasons(rows, "test/light/41-again.png")).contains("leak");
    assertThat(reasons(rows, "train/dark/7.png")).isEmpty();
    String page = Files.readString(table.resolveSibling("labels.html"));
    assertThat(page.substring(page.indexOf("<h2>Images unlike all others</h2>")))
        .contains("data-path=\"train/dark/not-found.png\"")
        .doesNotContain("data-path=\"train/dark/3.png\"");
  }

  /** The features of a run are found in its cache, and decisions become another manifest. */
  @Test
  void labelsAreReviewedByARunsFeaturesAndCorrectedInAManifest() throws IOException {
    Path manifest = images.file(0).resolveSibling("pictures.csv");
    Path table = folder.resolve("cached/labels.csv");
    String[] small = {
      "inspect",
      manifest.toString(),
      "--labels=" + table,
      "--output=" + output(),
      "--device=cpu",
      "--set=backbone=small-cnn",
      "--set=weights=random",
      "--set=input-size=12",
      "--set=initializer=glorot-uniform" // of the random weights
    };
    CommandRun review = CommandRun.of(small);
    assertThat(review.code()).as(review.err()).isZero();
    assertThat(review.err()).contains("Features: all cached");
    assertThat(table.resolveSibling("labels.html"))
        .content()
        .contains("labels-decided.csv</code> writes pictures-corrected.csv beside the manifest");

    small[4] = "--unfreeze=conv4";
    CommandRun refused = CommandRun.of(small);
    assertThat(refused.code()).isOne();
    assertThat(refused.err()).contains("unfreeze: --labels needs a frozen backbone");

    Path decided =
        Files.writeString(
            folder.resolve("labels-decided.csv"),
            "path,decision,to\n0.png,move,light\n1.png,drop,\n2.png,keep,\n");
    CommandRun applied =
        CommandRun.of("inspect", manifest.toString(), "--apply=" + decided, "--output=" + output());
    assertThat(applied.code()).as(applied.err()).isZero();
    Path corrected = manifest.resolveSibling("pictures-corrected.csv");
    assertThat(applied.out()).isEqualTo("1 image relabeled, 1 dropped, in " + corrected + "\n");
    assertThat(Files.readAllLines(corrected))
        .hasSize(60)
        .contains("0.png,light,", "2.png,dark,")
        .noneMatch(row -> row.startsWith("1.png,"));
  }

  private static void copy(int image, Path folder, String name) throws IOException {
    Path file = folder.resolve(name + ".png");
    Files.createDirectories(file.getParent());
    Files.copy(images.file(image), file);
  }

  private static List<String> reasons(List<String> rows, String path) {
    String row =
        rows.stream().filter(each -> each.startsWith(path + ",")).findFirst().orElseThrow();
    String reasons = row.substring(row.lastIndexOf(',') + 1);
    return reasons.isEmpty() ? List.of() : List.of(reasons.split(" "));
  }
}
