package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code evaluate} says that figures on images that the model was trained on do not estimate the
 * accuracy.
 */
@Tag("engine")
class SeenImagesTest {
  @TempDir static Path folder;
  private static SmallRun run;
  private static Path images;

  @BeforeAll
  static void train() throws IOException {
    SmallRun.Images made = new SmallRun.Images(folder.resolve("pictures"));
    made.add(8, 30, 60, "dark", "train").add(8, 180, 220, "light", "train");
    made.add(3, 30, 60, "dark", "val").add(3, 180, 220, "light", "val");
    made.add(4, 30, 60, "dark", "test").add(4, 180, 220, "light", "test");
    run = made.train(folder.resolve("output"));
    images = folder.resolve("pictures");
  }

  /** Evaluates into another output folder, with a copy of the run's fingerprints. */
  private static CommandRun evaluate(Path data, Path model) throws IOException {
    Path prints = run.folder().resolve("../../fingerprints").normalize();
    Path copies =
        Files.createDirectories(
            folder.resolve("evaluated " + data.getFileName() + "/" + prints.getFileName()));
    try (Stream<Path> files = Files.list(prints)) {
      for (Path file : files.toList()) {
        Files.copy(file, copies.resolve(file.getFileName()));
      }
    }
    return CommandRun.of(
        "evaluate",
        "--data=" + data,
        "--model=" + model,
        "--device=cpu",
        "--output=" + folder.resolve("evaluated " + data.getFileName()));
  }

  private static Path manifest(String name, int... numbers) throws IOException {
    StringBuilder rows = new StringBuilder("path,label\n");
    for (int i : numbers) {
      String label = i < 8 || (i > 15 && i < 19) || (i > 21 && i < 26) ? "dark" : "light";
      // In another folder and under another name: only the content counts.
      Path copy = folder.resolve(name + "/" + label + i + ".png");
      Files.createDirectories(copy.getParent());
      Files.copy(images.resolve(i + ".png"), copy);
      rows.append(copy + "," + label + "\n");
    }
    return Files.writeString(folder.resolve(name + ".csv"), rows);
  }

  @Test
  void theImagesThatTheModelHasSeenAreCountedAndTheAccuracyWithoutThemIsGiven() throws IOException {
    Path data = manifest("some", 0, 1, 8, 16, 22, 26);

    CommandRun evaluated = evaluate(data, run.folder());

    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    assertThat(evaluated.out())
        .contains(
            "of these 6 images, 3 are training images of the model, 1 are its validation images,"
                + " and 0 are near-duplicates of either: the figures do not estimate the"
                + " accuracy on new images.")
        .contains("  Without them: accuracy 1.0000, on 2 images.");
    try (Stream<Path> all = Files.list(folder.resolve("evaluated some.csv/evaluations"))) {
      JsonNode seen =
          new ObjectMapper()
              .readTree(all.findFirst().orElseThrow().resolve("evaluation.json").toFile())
              .path("trainedOn");
      assertThat(seen.path("training").asInt()).isEqualTo(3);
      assertThat(seen.path("validation").asInt()).isEqualTo(1);
      assertThat(seen.path("others").asInt()).isEqualTo(2);
      assertThat(seen.path("accuracyOnOthers").asDouble()).isEqualTo(1);
    }
  }

  @Test
  void aModelsFolderBelongsToItsRunAndACopyOfTheModelToNone() throws IOException {
    Path seen = manifest("seen", 0, 8);
    assertThat(evaluate(seen, run.folder().resolve("model")).out())
        .contains("of these 2 images, 2 are training images")
        .contains("  No image is left that the model has not seen.");

    Path copy = Files.createDirectories(folder.resolve("copied"));
    try (Stream<Path> files = Files.list(run.folder().resolve("model"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    assertThat(evaluate(manifest("unknown", 1, 9), copy).out())
        .contains("Not known: whether the model was trained on these images");
  }

  @Test
  void evaluateSaysIfTheModelHasSeenNoImage() throws IOException {
    assertThat(evaluate(manifest("unseen", 23, 27), run.folder()).out())
        .contains("The model was trained on none of these images, nor on near-duplicates.")
        .doesNotContain("WARNING");
  }

  @Test
  void withoutFingerprintsNearDuplicatesAreNotLookedFor() throws IOException {
    Path data = manifest("elsewhere", 23, 27);
    assertThat(
            CommandRun.of(
                    "evaluate",
                    "--run=" + run.folder(),
                    "--data=" + data,
                    "--output=" + folder.resolve("without fingerprints"))
                .out())
        .contains("on none of these images; near-duplicates were not looked for")
        .doesNotContain("nor on near-duplicates");
  }
}
