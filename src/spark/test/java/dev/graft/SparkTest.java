package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.SmallRun.Images;
import dev.graft.io.Hash;
import dev.graft.network.onnx.ExternalModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code featurize} and {@code infer} with {@code --master}, in the profile {@code spark}. */
@Tag("engine")
class SparkTest {
  @TempDir private Path folder;

  private Path manifest() throws IOException {
    new Images(folder.resolve("photos"))
        .add(30, 40, 130, "dark", "train")
        .add(30, 110, 210, "light", "train")
        .add(6, 40, 130, "dark", "val")
        .add(6, 110, 210, "light", "val")
        .add(20, 40, 130, "dark", "test")
        .add(20, 110, 210, "light", "test");
    Files.writeString(folder.resolve("photos/broken.png"), "no image");
    return Files.writeString(
        folder.resolve("photos/pictures.csv"),
        "broken.png,dark,train\n",
        StandardOpenOption.APPEND);
  }

  private CommandRun featurize(Path data, String master, String output, String... more) {
    String[] arguments = {
      "featurize",
      data.toString(),
      "--backbone=small-cnn",
      "--weights=random",
      "--set=initializer=glorot-uniform", // as SmallRun, since it decides random weights
      "--set=input-size=12",
      "--master=" + master,
      "--output=" + folder.resolve(output)
    };
    CommandRun run = run(arguments, more);
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  private static CommandRun run(String[] arguments, String... more) {
    return CommandRun.of(
        Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(file -> folder.relativize(file).toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"local[1]", "local[4]"})
  void whatSparkKeepsIsWhatARunOnOneMachineComputes(String master) throws IOException {
    Path data = manifest();
    SmallRun alone = SmallRun.train(data, folder.resolve("one"));

    assertThat(featurize(data, master, "many").out())
        .contains("112 images computed, 0 already cached, 1 ");

    SmallRun after = SmallRun.train(data, folder.resolve("many"));
    assertThat(after.json().at("/cache/hit").asBoolean()).isTrue();
    assertThat(after.folder().resolve("predictions.csv"))
        .hasSameTextualContentAs(alone.folder().resolve("predictions.csv"));
    assertThat(files(folder.resolve("many"))).noneMatch(name -> name.endsWith(".unfinished"));
  }

  /** What is fitted to images or decided by them is fitted and decided alike. */
  @ParameterizedTest
  @ValueSource(strings = {"precision=int8", "input-size=auto"})
  void whatDependsOnTheImagesIsWhatItIsOnOneMachine(String setting) throws IOException {
    Path data = manifest();
    String option = "--set=" + setting;
    SmallRun alone = SmallRun.train(data, folder.resolve("one"), option);

    featurize(data, "local[2]", "many", option);

    SmallRun after = SmallRun.train(data, folder.resolve("many"), option);
    assertThat(after.json().at("/cache/hit").asBoolean()).isTrue();
    assertThat(after.folder().resolve("predictions.csv"))
        .hasSameTextualContentAs(alone.folder().resolve("predictions.csv"));
  }

  @Test
  void aManifestMayBeATableOrLinesOfJson() throws IOException {
    Path data = manifest();
    Path lines = folder.resolve("photos/lines.jsonl");
    Path table = folder.resolve("photos/table.parquet");
    Files.write(
        lines,
        Files.readAllLines(data).stream()
            .skip(1)
            .limit(100)
            .map(row -> "{\"path\": \"" + row.replaceFirst(",.*", "") + "\"}")
            .toList());
    try (SparkSession session = session()) {
      session.read().option("header", true).csv(data.toString()).write().parquet(table.toString());
    }

    assertThat(featurize(lines, "local[2]", "many").out())
        .contains("100 images computed, 0 already cached, 0");
    assertThat(featurize(table, "local[2]", "many").out())
        .contains("12 images computed, 100 already cached, 1");
    assertThat(featurize(data, "local[2]", "many").out())
        .contains("0 images computed, 112 already cached, 1");
  }

  @Test
  void anImageThatTheNetworkTurnsIntoNanIsQuarantinedAsOnOneMachine() throws IOException {
    Path data = manifest();
    BufferedImage plain = new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(plain, "png", folder.resolve("photos/3.png").toFile());
    Path backbone = Files.write(folder.resolve("varied.onnx"), ExternalModel.ofVariedImages());
    String[] arguments = {
      "featurize",
      data.toString(),
      "--backbone=" + backbone,
      "--set=mean=[127,127,127]",
      "--set=deviation=[64,64,64]",
      "--set=input-size=32",
      "--output=" + folder.resolve("many")
    };

    CommandRun many = run(arguments, "--master=local[2]");

    assertThat(many.code()).as(many.err()).isZero();
    assertThat(many.out()).contains("111 images computed, 0 already cached, 2 unreadable");
    CommandRun alone = run(arguments);
    assertThat(alone.out()).contains("0 images computed, 111 already cached, 2 unreadable");
    String reason =
        "can't be used: the network computes NaN or infinity for it"
            + " (above 65504 counts as infinity unless cache-type is float32).";
    assertThat(Files.readString(folder.resolve("many/features/quarantine.csv")))
        .contains("3.png," + reason);
    assertThat(table(folder.resolve("many/features/quarantine"), "csv"))
        .anyMatch(row -> row.getString(0).endsWith("3.png") && row.getString(1).equals(reason));
  }

  @Test
  void aPatternMatchesWhatItMatchesOnOneMachine() throws IOException {
    Path photos = folder.resolve("photos");
    new Images(photos.resolve("a/b")).add(3, 40, 60, "dark", "");
    new Images(photos).add(2, 70, 90, "dark", "");
    String[] arguments = {
      "infer",
      "--imagenet",
      photos + "/**/*.png", // all five
      photos + "/a/*", // the three of its subfolder
      photos + "/*/?/[12].{png,jpg}" // two of them
    };
    Path to = folder.resolve("answers");

    List<JsonNode> alone = run(arguments, "--json").json();
    CommandRun many = run(arguments, "--master=local[2]", "--to=" + to);

    assertThat(many.code()).as(many.err()).isZero();
    assertThat(table(to).stream().map(row -> row.getString(0)))
        .hasSize(10)
        .containsExactlyElementsOf(
            alone.stream().map(each -> each.get("image").asText()).sorted().toList());
    CommandRun none =
        run(
            new String[] {"infer", "--imagenet", photos + "/**/*.gif"},
            "--master=local[1]",
            "--to=" + folder.resolve("none"));
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("There is no " + photos + "/**/*.gif.");
  }

  @Test
  void aSecondJobComputesWhatIsMissingAndNothingElse() throws IOException {
    Path data = manifest();
    featurize(data, "local[2]", "many");
    List<String> records =
        files(folder.resolve("many")).stream().filter(name -> name.endsWith(".records")).toList();

    Path left =
        folder.resolve("many/fingerprints/" + UUID.randomUUID() + "-0-0.records.unfinished");
    Path others = Files.createFile(Path.of(left.toString().replace("-0-0", "-0-1")));
    Files.setLastModifiedTime(Files.createFile(left), FileTime.from(Instant.EPOCH));
    assertThat(featurize(data, "local[2]", "many").out())
        .contains("0 images computed, 112 already cached");
    assertThat(files(folder.resolve("many"))).containsAll(records);
    assertThat(left).as("of a job that was killed").doesNotExist();
    assertThat(others).as("of one that may be at work").exists();

    new Images(folder.resolve("more")).add(1, 20, 20, "dark", "train");
    Files.move(folder.resolve("more/0.png"), folder.resolve("photos/new.png"));
    Files.writeString(data, "new.png,dark,train\n", StandardOpenOption.APPEND);
    assertThat(featurize(data, "local[2]", "many").out())
        .contains("1 image computed, 112 already cached");
  }

  @Test
  void theCallersSessionStaysOpen() throws IOException {
    try (SparkSession caller = session()) {
      featurize(manifest(), "local[1]", "many");
      assertThat(caller.range(3).count()).isEqualTo(3);
    }
  }

  @Test
  void theCallersContextStaysOpen() throws IOException {
    SparkContext caller =
        new SparkContext("local[1]", "caller", new SparkConf().set("spark.ui.enabled", "false"));
    try {
      featurize(manifest(), "local[1]", "many");
      assertThat(caller.isStopped()).isFalse();
    } finally {
      caller.stop();
    }
  }

  @Test
  void aSessionOfTheJobsOwnIsClosed() throws IOException {
    featurize(manifest(), "local[1]", "many");
    assertThat(SparkSession.getDefaultSession().isEmpty()).isTrue();
  }

  private static SparkSession session() {
    return SparkSession.builder()
        .master("local[1]")
        .config("spark.ui.enabled", "false")
        .getOrCreate();
  }

  /** What a table holds, in the order of the paths. */
  private static List<Row> table(Path table) throws IOException {
    return table(table, "parquet");
  }

  private static List<Row> table(Path table, String format) throws IOException {
    try (SparkSession session = session()) {
      return session
          .read()
          .option("header", true)
          .format(format)
          .load(table.toString())
          .orderBy("path")
          .collectAsList();
    }
  }

  @Test
  void answersAreThoseOfOneMachine() throws IOException {
    Path model = SmallRun.train(manifest(), folder.resolve("one")).folder();
    Path photos = folder.resolve("photos");
    byte[] whole = Files.readAllBytes(photos.resolve("7.png"));
    Files.write(photos.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
    String to = folder.resolve("answers").toString();
    String[] arguments = {"infer", photos.toString(), "--top=2", "--run=" + model};

    List<JsonNode> alone = run(arguments, "--json").json();
    CommandRun many = run(arguments, "--master=local[2]", "--to=" + to);

    assertThat(many.code()).isEqualTo(1);
    assertThat(many.out()).contains("112 images classified, 2 unreadable, in " + to);
    List<Row> rows = table(Path.of(to));
    assertThat(rows).hasSameSizeAs(alone);
    for (JsonNode wanted : alone) {
      String path = wanted.get("image").asText();
      Row row =
          rows.stream().filter(each -> each.getString(0).equals(path)).findAny().orElseThrow();
      assertThat(row.getString(1)).isEqualTo(Hash.Algorithm.SHA256.of(Path.of(path)).hex());
      assertThat(row.getString(3)).isEqualTo(wanted.path("error").asText(null));
      List<Row> classes = row.isNullAt(2) ? List.of() : row.getList(2);
      assertThat(classes).hasSize(wanted.path("predictions").size());
      for (int i = 0; i < classes.size(); i++) {
        JsonNode named = wanted.get("predictions").get(i);
        assertThat(classes.get(i).getInt(0)).isEqualTo(named.get("index").asInt());
        assertThat(classes.get(i).getString(1)).isEqualTo(named.get("id").asText());
        assertThat(classes.get(i).getString(2)).isEqualTo(named.get("name").asText());
        assertThat(classes.get(i).getFloat(3))
            .isCloseTo((float) named.get("probability").asDouble(), within(1e-6f));
      }
    }
    assertThat(files(folder)).noneMatch(name -> name.contains(".unfinished"));

    List<String> before = files(Path.of(to));
    CommandRun again = run(arguments, "--master=local[2]", "--to=" + to);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains(to + " exists already");
    assertThat(files(Path.of(to))).isEqualTo(before);
  }
}
