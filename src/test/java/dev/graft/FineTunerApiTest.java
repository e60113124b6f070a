package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.graft.LabeledImages.SplitPart;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Prediction;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library as another program uses it. */
@Tag("engine")
class FineTunerApiTest {
  private static final int IMAGES = 40;

  @TempDir Path folder;

  /** Noise that is dark or bright, as a PNG file. */
  private static byte[] png(boolean bright, int seed) throws IOException {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 32; x++) {
        int value = random.nextInt(60) + (bright ? 190 : 0);
        image.setRGB(x, y, value << 16 | value << 8 | value);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static InputStream stream(boolean bright, int seed) throws IOException {
    return new ByteArrayInputStream(png(bright, seed));
  }

  private LabeledImages images() throws IOException {
    LabeledImages.Builder builder = LabeledImages.builder();
    for (int i = 0; i < IMAGES; i++) {
      String label = i % 2 == 0 ? "dark" : "bright";
      if (i < IMAGES / 2) {
        builder.add(stream(i % 2 == 1, i), "image " + i, label);
      } else {
        builder.add(Files.write(folder.resolve(i + ".png"), png(i % 2 == 1, i)), label);
      }
    }
    return builder.build();
  }

  private static FineTuner tuner() {
    return FineTuner.on(Backbones.vgg16()).inputSize(32).hidden(0).epochs(5).seed(7);
  }

  @Test
  void imagesInMemoryAndInFilesBecomeAModelThatClassifies() throws IOException {
    LabeledImages images = images();
    assertThat(images.classes()).containsExactly("bright", "dark");
    assertThat(images.size()).isEqualTo(IMAGES);
    List<History.Epoch> epochs = new ArrayList<>();
    Path model = folder.resolve("model");

    try (FineTuning result = tuner().listener(epochs::add).fit(images)) {
      assertThat(result.test().accuracy()).isGreaterThan(0.9);
      assertThat(result.history().epochs()).isNotEmpty().isEqualTo(epochs);
      List<String> all = new ArrayList<>(result.split().train());
      all.addAll(result.split().validation());
      all.addAll(result.split().test());
      assertThat(all).hasSize(IMAGES).doesNotHaveDuplicates().contains("image 3");
      result.model().save(model);
      result.model().exportOnnx(folder.resolve("new/model.onnx"));
    }

    LabeledImages others =
        LabeledImages.builder()
            .add(stream(true, 1000), "a", "bright")
            .add(stream(true, 1001), "b", "bright")
            .add(stream(true, 1002), "c", "dark")
            .add(stream(false, 1003), "d", "dark")
            .build();
    LabeledImages strangers =
        LabeledImages.builder()
            .add(stream(true, 1), "e", "gray")
            .add(stream(true, 2), "f", "dark")
            .build();
    for (Path saved : List.of(model, folder.resolve("new/model.onnx"))) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> Classifier.load(saved, "gpu99"))
          .withMessageMatching("device: gpu99 is missing, because .* finds .*; .*");
      try (Classifier classifier = Classifier.load(saved, "cpu")) {
        assertThat(classifier.evaluate(others).accuracy()).isEqualTo(0.75);
        assertThatExceptionOfType(GraftException.class)
            .isThrownBy(() -> classifier.evaluate(strangers))
            .withMessage(
                "data: images has classes that the model does not know: gray. It knows bright,"
                    + " dark.");
        ClassProbability best = classifier.classify(stream(true, 1000), "new", 2).get(0);
        assertThat(best.name()).isEqualTo("bright");
        assertThat(best.probability()).isGreaterThan(0.5);
      }
    }
  }

  @Test
  void aTrainedModelClassifiesWithoutBeingSavedAndAfterItIsClosed() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    List<Path> before = graftFolders(temporary);
    Classifier classifier;
    double accuracy;
    TrainedModel closed;
    try (FineTuning result = tuner().fit(images())) {
      closed = result.model();
      accuracy = result.test().accuracy();
      classifier = result.model().classifier();
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> closed.save(folder.resolve("late")))
        .withMessage("This model is closed: use it before closing it.");
    try (classifier) {
      assertThat(accuracy).isGreaterThan(0.9);
      assertThat(classifier.classes()).containsExactly("bright", "dark");
      assertThat(classifier.classify(stream(false, 1001), "new", 1).get(0).name())
          .isEqualTo("dark");
    }
    assertThat(graftFolders(temporary)).isEqualTo(before);
  }

  private static List<Path> graftFolders(Path parent) throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, "graft*")) {
      List<Path> all = new ArrayList<>();
      found.forEach(all::add);
      Collections.sort(all);
      return all;
    }
  }

  /** Labels become the model's: "dark" is its second class, and the folder's only one. */
  @Test
  void aFolderToEvaluateOnNeedsNeitherAllClassesNorReadableImages() throws IOException {
    Path others = folder.resolve("others");
    Path dark = Files.createDirectories(others.resolve("dark"));
    Files.write(dark.resolve("0.png"), png(false, 2000));
    Files.write(dark.resolve("1.png"), png(true, 2001));
    byte[] file = png(false, 2002);
    Files.write(dark.resolve("2.png"), Arrays.copyOf(file, file.length / 2));
    LabeledImages images = LabeledImages.toEvaluate(others);
    try (FineTuning result = tuner().fit(images());
        Classifier classifier = result.model().classifier()) {
      Evaluation evaluation = classifier.evaluate(images);
      assertThat(evaluation.accuracy()).isEqualTo(0.5);
      assertThat(evaluation.predictions()).extracting(Prediction::truth).containsOnly(1);
    }
    assertThat(images.unreadable()).singleElement().asString().contains("2.png");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> tuner().fit(images))
        .withMessage(
            "data: others has only one class, \"dark\"; a classifier needs at least 2 classes.");
  }

  /** The parts of the manifest are used; the unreadable tenth image is named and in no part. */
  @Test
  void aManifestDecidesThePartsAndAnUnreadableImageIsNamed() throws IOException {
    List<String> rows = new ArrayList<>(List.of("path,label,split"));
    for (int i = 0; i < IMAGES; i++) {
      Files.write(folder.resolve(i + ".png"), png(i % 2 == 1, i));
      String part = i < 24 ? "train" : i < 32 ? "validation" : "test";
      rows.add(i + ".png," + (i % 2 == 0 ? "dark" : "bright") + "," + part);
    }
    Files.write(folder.resolve("0.png"), new byte[] {1, 2, 3});
    LabeledImages images = LabeledImages.at(Files.write(folder.resolve("images.csv"), rows));

    assertThat(images.size()).isEqualTo(IMAGES);
    assertThat(images.unreadable()).singleElement().asString().contains("0.png");
    try (FineTuning result = tuner().fit(images)) {
      assertThat(result.split().train()).hasSize(23).noneMatch(name -> name.endsWith("/0.png"));
      assertThat(result.split().test())
          .extracting(name -> Path.of(name).getFileName().toString())
          .containsExactly(
              "32.png", "33.png", "34.png", "35.png", "36.png", "37.png", "38.png", "39.png");
    }
  }

  /** Test and validation images stay where they are; the copy of a test image leaves training. */
  @Test
  void imagesAreAddedToPartsAndOtherPartsAreSampledByTheirShares() throws IOException {
    LabeledImages.Builder builder = LabeledImages.builder();
    for (int i = 0; i < IMAGES; i++) {
      String label = i % 2 == 0 ? "dark" : "bright";
      if (i < 4) {
        builder.add(stream(i % 2 == 1, i), "image " + i, label, SplitPart.TEST);
      } else if (i < 8) {
        Path file = Files.write(folder.resolve(i + ".png"), png(i % 2 == 1, i));
        builder.add(file, label, SplitPart.VALIDATION);
      } else {
        builder.add(stream(i % 2 == 1, i), "image " + i, label);
      }
    }
    builder.add(stream(false, 0), "copy of 0", "dark", SplitPart.TRAIN);
    FineTuner tuner = tuner().set("head.solver", "gradient");
    try (FineTuning result = tuner.fit(builder.build())) {
      assertThat(result.split().test())
          .containsExactly("image 0", "image 1", "image 2", "image 3", "copy of 0");
      assertThat(result.split().validation())
          .extracting(name -> Path.of(name).getFileName().toString())
          .containsExactly("4.png", "5.png", "6.png", "7.png");
      assertThat(result.split().train()).hasSize(32);
    }
    try (FineTuning result = tuner.testSplit(0.5).validationSplit(0.2).fit(images())) {
      assertThat(result.split().test()).hasSize(20);
      assertThat(result.split().validation()).hasSize(4);
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> tuner().testSplit(1).fit(images()))
        .withMessageStartingWith("test-split: ");
  }

  @Test
  void theSameSeedGivesTheSameModelWithAndWithoutACache() throws IOException {
    Path cache = folder.resolve("cache");
    try (FineTuning first = tuner().cache(cache).fit(images());
        FineTuning second = tuner().cache(cache).fit(images());
        FineTuning third = tuner().fit(images())) {
      assertThat(second.test().predictionsCsv()).isEqualTo(first.test().predictionsCsv());
      assertThat(third.test().predictionsCsv()).isEqualTo(first.test().predictionsCsv());
    }
    assertThat(cache.resolve("features")).isNotEmptyDirectory();
  }

  @Test
  void wrongSettingsAndImagesAreReportedInASentence() throws IOException {
    LabeledImages images = images();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> tuner().set("max-bad", "0.5").fit(images))
        .withMessageStartingWith("max-bad: can't be set on a FineTuner; choose");
    Interruption interruption = new Interruption();
    interruption.request();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () -> tuner().set("head.solver", "gradient").interruption(interruption).fit(images))
        .withMessage("Interrupted before the end of the first epoch, so there is no model.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> tuner().set("epohcs", "3").fit(images))
        .withMessageContaining("epochs");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> tuner().unfreeze("block9").fit(images))
        .withMessageContaining("block9");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () ->
                LabeledImages.builder()
                    .add(new ByteArrayInputStream(new byte[] {1, 2, 3}), "broken", "x")
                    .build())
        .withMessageContaining("broken");
  }
}
