package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.ImageMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The command line from arguments to files, on a small folder of images. */
@Tag("engine")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last ones change the folder
class OwnImagesTest {
  @TempDir static Path folder;
  private static Path pets;
  private static Path output;
  private static CommandRun first;
  private static Path firstRun;

  private static CommandRun fineTune(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("fine-tune", "--data", pets.toString(), "--output", output.toString()));
    arguments.addAll(List.of("--device", "cpu", "--epochs", "2", "--set", "head.hidden=0"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static Path latest() throws IOException {
    return SmallRun.latest(output).folder();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  @BeforeAll
  static void firstRun() throws IOException {
    pets = folder.resolve("my pets");
    output = folder.resolve("out");
    ImageMaker.write(pets.resolve("cat"), 0, 6, 32);
    ImageMaker.write(pets.resolve("dog"), 50, 6, 32);
    Path damaged = pets.resolve("cat/02.png");
    byte[] bytes = Files.readAllBytes(damaged);
    Files.write(damaged, Arrays.copyOf(bytes, bytes.length / 2));

    first = fineTune("--folds", "3");
    assertThat(first.code()).as(first.err()).isZero();
    firstRun = latest();
  }

  @Test
  @Order(1)
  void aRunSkipsUnreadableImagesAndListsThePartOfEveryOther() throws IOException {
    assertThat(Files.readAllLines(firstRun.resolve("quarantine.csv")))
        .hasSize(2)
        .last()
        .asString()
        .startsWith(pets.resolve("cat/02.png") + ",");
    assertThat(first.err())
        .containsOnlyOnce("Quarantine: 1 of 12 images can't be read and is skipped:")
        .contains(
            "Warnings of this run (details: above, and in its log.txt):\n  Quarantine: 1 of 12")
        .containsOnlyOnce("Classes: cat 6, dog 6\n") // before all were read
        .contains("Readable images: cat 5, dog 6\n");

    List<String> split = Files.readAllLines(firstRun.resolve("split.csv"));
    assertThat(split).hasSize(12).first().isEqualTo("path,label,split,sha256");
    JsonNode data = json(firstRun.resolve("run.json")).path("data");
    for (String part : List.of("train", "validation", "test")) {
      assertThat(split.stream().filter(row -> row.contains("," + part + ",")))
          .as(part)
          .hasSize(data.path(part).asInt());
    }
    assertThat(data.path("name").asText()).isEqualTo("my-pets");
    assertThat(data.path("train").asInt()).isEqualTo(7);
    assertThat(data.path("validation").asInt()).isEqualTo(2);
    assertThat(data.path("test").asInt()).isEqualTo(2);
    assertThat(data.path("quarantined").asInt()).isEqualTo(1);
    assertThat(data.path("classes").asInt()).isEqualTo(2);
  }

  @Test
  @Order(1)
  void itsFilesAgreeWithEachOther() throws IOException {
    JsonNode run = json(firstRun.resolve("run.json"));
    assertThat(run.path("backbone").asText()).isEqualTo("efficientnet-lite0");
    assertThat(Files.readString(firstRun.resolve("recipe.yaml")))
        .contains("backbone: efficientnet-lite0  # auto\n", "input-size: 96  # auto\n");
    assertThat(first.err())
        .contains("Input: 96x96 pixels")
        .contains("Chosen by Graft: backbone: efficientnet-lite0, input-size: 96,")
        .contains("Run: " + firstRun + " (all settings: recipe.yaml)");

    List<String> classes = Files.readAllLines(firstRun.resolve("classes.csv"));
    assertThat(classes).hasSizeGreaterThanOrEqualTo(3);
    assertThat(classes.get(1)).startsWith("cat,");
    assertThat(classes.get(2)).startsWith("dog,");

    List<String> predictions = Files.readAllLines(firstRun.resolve("predictions.csv"));
    long wrong =
        predictions.stream()
            .skip(1)
            .map(row -> row.split(",", -1))
            .filter(row -> !row[1].equals(row[2]))
            .count();
    List<String> mistakes = Files.readAllLines(firstRun.resolve("mistakes.csv"));
    assertThat(mistakes).hasSize(1 + (int) wrong);
    assertThat(mistakes.stream().skip(1)).allMatch(row -> row.contains(pets.toString()));
    assertThat(run.at("/test/accuracy").asDouble()).isEqualTo(1 - wrong / 2.0);
    assertThat(ImageIO.read(firstRun.resolve("plots/mistakes.png").toFile())).isNotNull();

    List<String> folds = Files.readAllLines(firstRun.resolve("folds.csv"));
    assertThat(folds).hasSize(4).first().isEqualTo("fold,pictures,accuracy,macro_f1,loss");
    assertThat(folds.stream().skip(1).mapToInt(row -> Integer.parseInt(row.split(",", -1)[1])))
        .containsExactlyInAnyOrder(4, 4, 3);
    double mean =
        folds.stream()
            .skip(1)
            .mapToDouble(row -> Double.parseDouble(row.split(",", -1)[2]))
            .average()
            .orElseThrow();
    assertThat(run.at("/crossValidation/folds").asInt()).isEqualTo(3);
    assertThat(run.at("/crossValidation/accuracy/mean").asDouble()).isCloseTo(mean, within(1e-5));
    assertThat(first.out()).contains("Cross-validation of 11 images in 3 folds:\n  accuracy ");
  }

  @Test
  @Order(1)
  void evaluateWithoutDataRepeatsTheTestOfTheRun() throws IOException {
    CommandRun again = CommandRun.of("evaluate", "--output", output.toString(), "--device", "cpu");
    assertThat(again.code()).as(again.err()).isZero();
    Path evaluation = onlyEvaluation();
    JsonNode run = json(firstRun.resolve("run.json"));
    JsonNode repeated = json(evaluation.resolve("evaluation.json"));
    assertThat(repeated.at("/test/accuracy")).isEqualTo(run.at("/test/accuracy"));
    assertThat(repeated.path("model").asText()).isEqualTo(firstRun.toString());
    assertThat(repeated.at("/data/sha256")).isEqualTo(run.at("/data/sha256"));
    assertThat(repeated.at("/data/pictures").asInt()).isEqualTo(2);
    assertThat(repeated.at("/data/quarantined").asInt()).isZero(); // only the test images were read
    assertThat(evaluation.resolve("mistakes.csv"))
        .hasSameTextualContentAs(firstRun.resolve("mistakes.csv"));
    assertThat(again.out()).contains(firstRun.getFileName() + " on my-pets:");
  }

  private static Path onlyEvaluation() throws IOException {
    try (Stream<Path> folders = Files.list(output.resolve("evaluations"))) {
      List<Path> all = folders.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  @Test
  @Order(1)
  void evaluateNamesClassesThatTheModelDoesNotHave() throws IOException {
    Path other = folder.resolve("other");
    ImageMaker.write(other.resolve("cat"), 20, 2, 32);
    ImageMaker.write(other.resolve("emu"), 30, 2, 32);
    CommandRun refused =
        CommandRun.of("evaluate", "--data", other.toString(), "--output", output.toString());
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .contains("data: other has classes that the model does not know: emu. It knows cat, dog.")
        .doesNotContain("\tat ");
    assertThat(refused.out()).isEmpty();
  }

  @Test
  @Order(1)
  void inspectDescribesTheImagesAndTrainsNothing() throws IOException {
    Path elsewhere = folder.resolve("elsewhere");
    CommandRun answer = CommandRun.of("inspect", pets.toString(), "--output", elsewhere.toString());
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out())
        .contains(
            "Classes: cat 5, dog 6; without 1 unreadable image",
            "Sizes: the shorter side is 32 pixels in all images",
            "Quarantine: 1 of 12 images can't be read and is skipped:",
            "Duplicates: no identical images",
            "Duplicates: no near-duplicates");
    assertThat(elsewhere.resolve("runs")).doesNotExist();

    String nowhere = Files.createFile(folder.resolve("file")).resolve("out").toString();
    CommandRun unkept = CommandRun.of("inspect", pets.toString(), "--output", nowhere);
    assertThat(unkept.code()).as(unkept.err()).isZero();
    assertThat(unkept.out()).isEqualTo(answer.out());
  }

  @Test
  @Order(1)
  void inspectWithLabelsListsUnreadableImagesBesideThem() throws IOException {
    Path elsewhere = folder.resolve("labels");
    CommandRun answer =
        CommandRun.of("inspect", pets.toString(), "--labels", "--output", elsewhere.toString());
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.err())
        .containsOnlyOnce("Quarantine: 1 of 12 images can't be read and is skipped:")
        .contains("Readable images: cat 5, dog 6\n");
    try (Stream<Path> written = Files.list(elsewhere.resolve("inspections"))) {
      assertThat(written)
          .singleElement()
          .satisfies(
              each -> {
                assertThat(each.resolve("labels.csv")).content().hasLineCount(12);
                assertThat(each.resolve("duplicates.csv")).exists();
                assertThat(each.resolve("quarantine.csv"))
                    .content()
                    .contains("cat/02.png,is damaged");
              });
    }
  }

  @Test
  @Order(2)
  void onlyFeaturesOfAnAddedImageAreComputed() throws IOException {
    ImageMaker.write(pets.resolve("dog/new.png"), 77, 32);
    CommandRun next = fineTune();
    assertThat(next.code()).as(next.err()).isZero();
    JsonNode run = json(latest().resolve("run.json"));
    assertThat(run.at("/cache/hit").asBoolean(true)).isFalse();
    // The new image, and again the one with an intact header and damaged pixels.
    assertThat(Files.readString(latest().resolve("log.txt")))
        .contains("Features: 11 already cached in ", "; reading 2 more\n");
    long before = json(firstRun.resolve("run.json")).at("/cache/bytes").asLong();
    assertThat(before).isEqualTo(8192 + 11 * (36 + 1984 * 4));
    assertThat(run.at("/cache/bytes").asLong()).isEqualTo(before + 8192 + 36 + 1984 * 4);
    assertThat(run.path("crossValidation").isMissingNode()).isTrue();
    assertThat(latest().resolve("folds.csv")).doesNotExist();
    int all = 0;
    for (String part : List.of("train", "validation", "test")) {
      all += run.at("/data/" + part).asInt();
    }
    assertThat(all).isEqualTo(12);

    // The first run's test images are still found, even with an empty output folder.
    Path elsewhere = folder.resolve("judged elsewhere");
    CommandRun evaluated =
        CommandRun.of("evaluate", "--run", firstRun.toString(), "--output", "" + elsewhere);
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    try (Stream<Path> folders = Files.list(elsewhere.resolve("evaluations"))) {
      assertThat(folders.toList())
          .singleElement()
          .satisfies(
              folder ->
                  assertThat(folder.resolve("predictions.csv"))
                      .hasSameTextualContentAs(firstRun.resolve("predictions.csv")));
    }
  }

  @Test
  void aManifestsOwnColumnsAndALoneValidationPartAreReadByTheirOptions() throws IOException {
    Path breeds = folder.resolve("breeds");
    StringBuilder rows = new StringBuilder("id,breed\n");
    for (int i = 0; i < 24; i++) {
      String breed = i % 2 == 0 ? "cat" : "dog";
      ImageMaker.write(breeds.resolve("train/" + i + ".png"), i, 32);
      rows.append(i + "," + breed + "\n");
      ImageMaker.write(
          breeds.resolve((i < 18 ? "parts/train/" : "parts/val/") + breed + "/" + i + ".png"),
          i,
          32);
    }
    Files.writeString(breeds.resolve("breeds.csv"), rows + "99,cat\n"); // has no file
    SmallRun run =
        SmallRun.train(
            breeds.resolve("breeds.csv"),
            folder.resolve("columns"),
            "--columns=path=id,label=breed",
            "--path-pattern=train/{id}.png");
    assertThat(run.json().at("/data/quarantined").asInt()).isEqualTo(1);
    assertThat(run.json().at("/data/classes").asInt()).isEqualTo(2);
    assertThat(Files.readAllLines(run.folder().resolve("quarantine.csv")))
        .last()
        .asString()
        .startsWith(breeds.resolve("train/99.png") + ",")
        .contains("does not exist.");

    SmallRun parts = SmallRun.train(breeds.resolve("parts"), folder.resolve("lone"));
    assertThat(parts.json().at("/data/test").asInt()).isEqualTo(6);
    assertThat(parts.split().stream().filter(row -> row.endsWith(",test")))
        .hasSize(6)
        .allMatch(row -> row.contains("/val/"));
    SmallRun undone =
        SmallRun.train(
            breeds.resolve("parts"), folder.resolve("lone"), "--set=lone-validation=validation");
    assertThat(undone.json().at("/data/validation").asInt()).isEqualTo(6);
    assertThat(undone.split().stream().filter(row -> row.endsWith(",validation")))
        .allMatch(row -> row.contains("/val/"));
  }
}
