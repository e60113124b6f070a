package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that ends because of Ctrl-C or a signal of the system. */
@Tag("engine")
class InterruptedRunTest {
  private static final int MAX_SECONDS = 60;

  @TempDir Path folder;

  private static final String[] OPTIONS = {
    "--set=epochs=200", "--set=early-stopping.patience=200", "--set=training-precision=float32"
  };

  @Test
  void aTerminatedRunSavesTheBestModelSoFarAndGoesOnToTheSamePredictions() throws Exception {
    SmallRun.Images photos =
        new SmallRun.Images(folder.resolve("photos"))
            .add(4, 40, 60, "dark", "train")
            .add(4, 190, 210, "light", "train")
            .add(1, 40, 60, "dark", "val")
            .add(1, 40, 60, "dark", "test");
    Path output = folder.resolve("output");
    Path said = folder.resolve("said");
    List<String> command =
        JavaProcess.command(
            "-Xmx256m",
            "-Dai.djl.pytorch.num_threads=" + ResumedRunTest.threads(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    command.addAll(photos.arguments(output));
    command.addAll(List.of(OPTIONS));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      assumeTrue(process.supportsNormalTermination(), "no way to end a process gracefully here");
      awaitEpochs(process, said);
      process.destroy();

      assertThat(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(143);
    SmallRun run = onlyRun(output);
    assertThat(run.json().path("status").asText()).isEqualTo("interrupted");
    assertThat(run.testAccuracy()).isBetween(0.0, 1.0);
    assertThat(output.resolve("latest")).doesNotExist();
    String told = "Interrupted: the best model so far (epoch ";
    String use = "infer --model " + run.folder().resolve("model") + " ";
    assertThat(said).content().contains(told, use);
    assertThat(run.folder().resolve("log.txt")).content().contains(told, use);
    CommandRun asked =
        CommandRun.of(
            "infer", "--model=" + run.folder().resolve("model"), photos.file(0).toString());
    assertThat(asked.code()).as(asked.err()).isZero();

    assertThat(said).content().contains("Go on with: fine-tune --resume " + run.folder());
    CommandRun resumed =
        CommandRun.of("fine-tune", "--resume=" + run.folder(), "--output=" + output);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(run.json().path("status").asText()).isEqualTo("completed");
    SmallRun undisturbed = photos.train(folder.resolve("undisturbed"), OPTIONS);
    assertThat(run.folder().resolve("predictions.csv"))
        .hasSameBinaryContentAs(undisturbed.folder().resolve("predictions.csv"));
    assertThat(run.history()).isEqualTo(undisturbed.history());
  }

  private static void awaitEpochs(Process process, Path said)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
    while (!Files.readString(said).contains("epoch  ")) {
      assertThat(process.isAlive()).as("%s", said).isTrue();
      assertThat(System.nanoTime()).as("no epoch in time").isLessThan(end);
      Thread.sleep(5);
    }
  }

  private static SmallRun onlyRun(Path output) throws IOException {
    try (Stream<Path> runs = Files.list(output.resolve("runs"))) {
      return new SmallRun(runs.toList().get(0));
    }
  }
}
