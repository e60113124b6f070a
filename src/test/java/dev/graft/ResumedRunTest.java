package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** A run whose process was killed continues with bit-identical results. */
@Tag("engine")
class ResumedRunTest {
  private static final int MAX_SECONDS = 120;

  @TempDir Path folder;

  @TempDir static Path shared;

  /** A run that no kill disturbs. */
  private static SmallRun undisturbed;

  @BeforeAll
  static void trainUndisturbed() throws IOException {
    undisturbed = photos(shared).train(shared.resolve("output"), OPTIONS);
  }

  private static SmallRun.Images photos(Path folder) throws IOException {
    return new SmallRun.Images(folder.resolve("photos"))
        .add(40, 40, 140, "dark", "train")
        .add(40, 120, 210, "light", "train")
        .add(6, 40, 140, "dark", "val")
        .add(6, 120, 210, "light", "val")
        .add(6, 40, 140, "dark", "test")
        .add(6, 120, 210, "light", "test");
  }

  private static final String[] OPTIONS = {
    "--set=epochs=60",
    "--set=early-stopping.patience=100",
    "--set=head.hidden=32",
    "--set=mirror=true",
    "--set=crops=1",
    "--set=rand-augment=9",
    "--set=cutout=0.3",
    "--set=mixup=0.2",
    "--set=ema-decay=0.9",
    "--set=mean=[120, 120, 120]",
    "--unfreeze=conv4"
  };

  @Test
  void aKilledRunIsNamedAndContinuesToTheSamePredictionsAndWeights() throws Exception {
    SmallRun.Images photos = photos(folder);
    Path output = folder.resolve("output");
    Path run = kill(photos, output);
    assertThat(json(run).path("status").asText()).isEqualTo("running");
    assertThat(checkpoints(run)).isNotEmpty().hasSizeLessThanOrEqualTo(2);

    CommandRun changed = CommandRun.of("fine-tune", "--resume=" + run, "--learning-rate=0.5");
    assertThat(changed.code()).isEqualTo(1);
    assertThat(changed.err())
        .contains(
            "can't be resumed with other settings (learning-rate was 0.02 and is 0.5): a run");
    CommandRun undecided = CommandRun.of("fine-tune", "--resume=" + run, "--set=mean=auto");
    assertThat(undecided.code()).isEqualTo(1);
    assertThat(undecided.err()).contains("can't be resumed with other settings (mean was ");
    CommandRun impossible = CommandRun.of("fine-tune", "--resume=" + run, "--no-cache");
    assertThat(impossible.code()).isEqualTo(1);
    assertThat(impossible.err())
        .startsWith(
            "A run is resumed with the recipe it was started with: leave out the other settings, or"
                + " start a new run. (They are not possible: cache: ");

    Path recipe = run.resolve("recipe.yaml");
    String own = Files.readString(recipe);
    Files.writeString(recipe, own.replaceFirst("learning-rate: \\S+", "learning-rate: 0.5"));
    CommandRun edited = CommandRun.of("fine-tune", "--resume=" + run);
    assertThat(edited.code()).isEqualTo(1);
    assertThat(edited.err())
        .contains(
            run
                + " can't be resumed, because its recipe.yaml was changed after its last checkpoint"
                + " (learning-rate was 0.02 and is 0.5). Change that back, or");
    assertThat(json(run).path("status").asText()).isEqualTo("running");
    Files.writeString(recipe, "");
    CommandRun emptied = CommandRun.of("fine-tune", "--resume=" + run);
    assertThat(emptied.err()).contains("recipe.yaml is damaged: it does not name the run's data");
    Files.writeString(recipe, own);

    CommandRun resumed =
        CommandRun.of("fine-tune", "--resume", run.getFileName().toString(), "--output=" + output);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("Resumed from the last checkpoint: ");
    assertThat(json(run).path("status").asText()).isEqualTo("completed");
    assertThat(json(run).path("resumed")).hasSize(1);
    assertThat(run.resolve("checkpoint")).doesNotExist();
    assertThat(output.resolve("latest")).hasContent(run.getFileName().toString());
    assertThat(run.resolve("predictions.csv"))
        .hasSameBinaryContentAs(undisturbed.folder().resolve("predictions.csv"));
    assertThat(params(run)).hasSameBinaryContentAs(params(undisturbed.folder()));
    assertThat(new SmallRun(run).history()).isEqualTo(undisturbed.history());

    CommandRun again = CommandRun.of("fine-tune", "--resume=" + run);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err().strip()).endsWith(run + " is completed, so there is nothing to resume.");
  }

  @Test
  void killsAtRandomMomentsChangeNothing(TestReporter reporter) throws Exception {
    SmallRun.Images photos = photos(folder);
    Path output = folder.resolve("output");
    Random random = new Random(1);
    List<String> arguments = new ArrayList<>(photos.arguments(output));
    arguments.addAll(List.of(OPTIONS));
    for (int i = 0, epoch = 0; i < 3; i++) {
      epoch += 1 + random.nextInt(10);
      int delay = random.nextInt(200);
      reporter.publishEntry("kill", "epoch " + epoch + " and " + delay + " ms");
      kill(arguments, Text.of("epoch %2d/", epoch), delay);
      arguments = List.of("fine-tune", "--resume", "--output=" + output);
    }
    Path run = only(output.resolve("runs"));
    if (json(run).path("status").asText().equals("running")) { // not faster than the last kill
      CommandRun resumed = CommandRun.of(arguments.toArray(String[]::new));
      assertThat(resumed.code()).as(resumed.err()).isZero();
    }
    assertThat(json(run).path("status").asText()).isEqualTo("completed");
    assertThat(run.resolve("predictions.csv"))
        .hasSameBinaryContentAs(undisturbed.folder().resolve("predictions.csv"));
    assertThat(params(run)).hasSameBinaryContentAs(params(undisturbed.folder()));
  }

  @Test
  void aKilledRunFromPixelsContinuesWithTheCropsOfTheNextEpoch() throws Exception {
    SmallRun.Images photos = photos(folder);
    String[] options = {"--no-cache", "--set=epochs=4", "--set=crops=4", "--set=rand-augment=9"};
    SmallRun expected = photos.train(folder.resolve("undisturbed"), options);
    Path output = folder.resolve("output");
    List<String> arguments = new ArrayList<>(photos.arguments(output));
    arguments.addAll(List.of(options));
    kill(arguments, "epoch  2/", 0);
    CommandRun resumed = CommandRun.of("fine-tune", "--resume", "--output=" + output);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("Resumed from the last checkpoint: ");
    assertThat(params(only(output.resolve("runs"))))
        .hasSameBinaryContentAs(params(expected.folder()));
  }

  @Test
  void whatDiffersIsNamedAndTheRunStaysAsItWas() throws IOException {
    SmallRun.Images photos = photos(folder);
    SmallRun run = photos.train(folder.resolve("output"), "--set=epochs=1");
    change(run, "", "status", "interrupted");
    String weights = run.json().at("/weights/sha256").asText();
    refused(run, "/weights", "sha256", "ab12", "the weights of the backbone have changed.");
    change(run, "/weights", "sha256", weights);
    String version = run.json().at("/engine/version").asText();
    refused(run, "/engine", "version", "1.0", "the engine was PyTorch 1.0 on cpu() and is ");
    change(run, "/engine", "version", version);
    String commit = run.json().at("/gitCommit").asText();
    refused(run, "", "gitCommit", "ab12", "Graft was built from ab12 and is from " + commit + ".");
    change(run, "", "gitCommit", commit);
    change(run, "/engine", "threads", 63);
    CommandRun threads = CommandRun.of("fine-tune", "--resume=" + run.folder());
    assertThat(threads.code()).as(threads.err()).isZero();
    assertThat(threads.err())
        .contains("Warning: The run was started with 63 threads, and goes on with ");
    change(run, "", "status", "interrupted");
    Files.copy(photos.file(0), photos.file(1), StandardCopyOption.REPLACE_EXISTING);
    refused(run, "", "status", "interrupted", "the images of pictures have changed.");
  }

  private static void refused(SmallRun run, String parent, String key, String value, String why)
      throws IOException {
    change(run, parent, key, value);
    Path record = run.folder().resolve("run.json");
    String before = Files.readString(record);
    CommandRun resumed = CommandRun.of("fine-tune", "--resume=" + run.folder());
    assertThat(resumed.code()).isEqualTo(1);
    assertThat(resumed.err()).contains(" can't be resumed, because " + why);
    assertThat(record).hasContent(before);
  }

  /** Changes a value in the run's record. */
  private static void change(SmallRun run, String parent, String key, Object value)
      throws IOException {
    JsonNode json = run.json();
    ((ObjectNode) json.at(parent)).putPOJO(key, value);
    Files.writeString(
        run.folder().resolve("run.json"), new ObjectMapper().writeValueAsString(json));
  }

  @Test
  void theNextRunNamesTheKilledOneAndResumeWithoutANameFindsIt() throws Exception {
    SmallRun.Images photos = photos(folder);
    Path output = folder.resolve("output");
    Path run = kill(photos, output);
    CommandRun next = CommandRun.of(photos.arguments(output).toArray(String[]::new));
    assertThat(next.code()).as(next.err()).isZero();
    assertThat(next.err())
        .contains(run + " is unfinished: its process died. Go on with: fine-tune --resume ");
    CommandRun resumed = CommandRun.of("fine-tune", "--resume", "--output=" + output);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(json(run).path("status").asText()).isEqualTo("completed");
    CommandRun none = CommandRun.of("fine-tune", "--resume", "--output=" + output);
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err().strip())
        .endsWith(
            "Found no run in " + output + " that did not complete; start one with fine-tune.");
  }

  /**
   * Returns PyTorch's number of threads in this process, which earlier tests may have set; with
   * another number, sums differ in the last bits.
   */
  static Object threads() throws ReflectiveOperationException {
    Engine.getInstance(); // loads PyTorch
    return Class.forName("ai.djl.pytorch.jni.JniUtils").getMethod("getNumThreads").invoke(null);
  }

  /** Starts a run in a process of its own, and kills it after its second epoch. */
  private Path kill(SmallRun.Images photos, Path output) throws Exception {
    List<String> arguments = new ArrayList<>(photos.arguments(output));
    arguments.addAll(List.of(OPTIONS));
    Path said = kill(arguments, "epoch  2/", 0);
    assertThat(said).content().contains("Features: computing 104 ");
    assertThat(said).content().contains("Features of mirror images: computing 92 "); // no test
    assertThat(said).content().contains("Features of random crop 1: computing 92 ");
    return only(output.resolve("runs"));
  }

  private static Path only(Path parent) throws IOException {
    try (Stream<Path> files = Files.list(parent)) {
      return files.toList().get(0);
    }
  }

  /**
   * Runs a command in a process of its own, and kills it.
   *
   * @param line what it prints before
   * @param delay milliseconds after that line
   * @return what it printed
   */
  private Path kill(List<String> arguments, String line, int delay) throws Exception {
    Path said = folder.resolve("said");
    List<String> command =
        JavaProcess.command(
            "-Xmx256m",
            "-Dai.djl.pytorch.num_threads=" + threads(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
    try {
      while (process.isAlive() && !Files.readString(said).contains(line)) {
        assertThat(System.nanoTime()).as("no epoch in time").isLessThan(end);
        Thread.sleep(5);
      }
      assertThat(said).content().contains(line);
      Thread.sleep(delay);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  private static JsonNode json(Path run) throws IOException {
    return new SmallRun(run).json();
  }

  private static List<Path> checkpoints(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("checkpoint"))) {
      return files.filter(file -> file.toString().endsWith(".checkpoint")).toList();
    }
  }

  private static Path params(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("model"))) {
      return files.filter(file -> file.toString().endsWith(".params")).findFirst().orElseThrow();
    }
  }
}
