package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose process was killed continues with bit-identical results. */
@Tag("engine")
class ResumedRunTest {
  private static final int MAX_SECONDS = 120;

  @TempDir Path folder;

  private SmallRun.Images photos() throws IOException {
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
    "--set=mixup=0.2",
    "--set=mean=[120, 120, 120]",
    "--unfreeze=conv4"
  };

  @Test
  void aKilledRunIsNamedAndContinuesToTheSamePredictionsAndWeights() throws Exception {
    SmallRun.Images photos = photos();
    SmallRun undisturbed = photos.train(folder.resolve("undisturbed"), OPTIONS);
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
  void theNextRunNamesTheKilledOneAndResumeWithoutANameFindsIt() throws Exception {
    SmallRun.Images photos = photos();
    Path output = folder.resolve("output");
    Path run = kill(photos, output);
    CommandRun next = CommandRun.of(photos.arguments(output).toArray(String[]::new));
    assertThat(next.code()).as(next.err()).isZero();
    assertThat(next.err())
        .contains(run + " did not end, because its process died. Go on with: fine-tune --resume ");
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
  private static Object threads() throws ReflectiveOperationException {
    Engine.getInstance(); // loads PyTorch
    return Class.forName("ai.djl.pytorch.jni.JniUtils").getMethod("getNumThreads").invoke(null);
  }

  /** Starts a run in a process of its own, and kills it after its second epoch. */
  private Path kill(SmallRun.Images photos, Path output) throws Exception {
    Path said = folder.resolve("said");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Dai.djl.pytorch.num_threads=" + threads(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(photos.arguments(output));
    command.addAll(List.of(OPTIONS));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
    try {
      while (!Files.readString(said).contains("epoch  2/")) {
        assertThat(process.isAlive()).as("%s", Files.readString(said)).isTrue();
        assertThat(System.nanoTime()).as("no epoch in time").isLessThan(end);
        Thread.sleep(5);
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(said).content().contains("Features: computing 104 ");
    assertThat(said).content().contains("Features of mirror images: computing 92 "); // no test
    assertThat(said).content().contains("Features of random crop 1: computing 92 ");
    try (Stream<Path> runs = Files.list(output.resolve("runs"))) {
      return runs.toList().get(0);
    }
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
