package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fine-tune --within}, {@code sweep} and {@code find-lr} on small networks. */
@Tag("engine")
class TimedRunTest {
  @TempDir Path folder;

  private SmallRun.Images photos() throws IOException {
    return new SmallRun.Images(folder.resolve("photos"))
        .add(8, 40, 90, "dark", "train")
        .add(8, 160, 210, "light", "train")
        .add(2, 40, 90, "dark", "val")
        .add(2, 160, 210, "light", "val")
        .add(2, 40, 90, "dark", "test")
        .add(2, 160, 210, "light", "test");
  }

  private CommandRun run(String command, String... options) throws IOException {
    return run(photos(), command, options);
  }

  private CommandRun run(SmallRun.Images photos, String command, String... options) {
    List<String> arguments = new ArrayList<>(photos.arguments(folder.resolve("output")));
    arguments.set(0, command);
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void aTrainingThatWouldTakeHoursEndsInTimeWithACompletedRun() throws IOException {
    long start = System.nanoTime();

    CommandRun run =
        run(
            "fine-tune",
            "--within=12s",
            "--set=epochs=100000",
            "--set=early-stopping.patience=100000");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(60); // other processes may be busy
    assertThat(run.err())
        .contains("Plan: the recipe as it is")
        .containsOnlyOnce("Time is up"); // in the first epoch if other processes are busy
    Path output = folder.resolve("output");
    SmallRun done = SmallRun.latest(output);
    assertThat(done.json().path("status").asText()).isEqualTo("completed");
    assertThat(done.json().at("/epochs/stoppedEarly").asBoolean()).isFalse();
    assertThat(done.testAccuracy()).isEqualTo(1);
    assertThat(done.folder().resolve("checkpoint")).doesNotExist();
    assertThat(done.folder().resolve("log.txt")).content().contains("Plan: ", "Time is up");
  }

  @Test
  void foldsWithoutTimeAreLeftOutWithASentence() throws IOException {
    CommandRun run =
        run(
            "fine-tune",
            "--within=12s",
            "--folds=2",
            "--set=epochs=100000",
            "--set=early-stopping.patience=100000");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("Not cross-validated: the time is up.");
    SmallRun done = new SmallRun(only(folder.resolve("output/runs")));
    assertThat(done.json().path("status").asText()).isEqualTo("completed");
    assertThat(done.folder().resolve("folds.csv")).doesNotExist();
  }

  @Test
  void timeThatIsLeftIsUsedForCrossValidation() throws IOException {
    CommandRun run = run("fine-tune", "--within=1h");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("The remaining time is used for cross-validation, in as many folds as fit: no")
        .contains("left: cross-validation in 10 folds")
        .doesNotContain("Time is up", "all cached")
        .contains("images computed in ", "epoch  8/8");
    assertThat(run.out())
        .contains("Cross-validation of 20 images in 10 folds:", "; features ")
        .doesNotContain("(cached)");
    SmallRun done = SmallRun.latest(folder.resolve("output"));
    assertThat(done.json().at("/crossValidation/folds").asInt()).isEqualTo(10);
    assertThat(done.folder().resolve("folds.csv")).isNotEmptyFile();
    assertThat(done.folder().resolve("recipe.yaml")).content().contains("folds: 0");
  }

  @Test
  void trainingFromPixelsIsMeasuredOnPixels() throws IOException {
    CommandRun run = run("fine-tune", "--within=1h", "--no-cache", "--set=epochs=2");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("Plan: the recipe as it is", "epoch  2/2");
  }

  @Test
  void aWarmUpAndMirrorImagesFitIntoATime() throws IOException {
    CommandRun run = run("fine-tune", "--within=1h", "--set=mirror=true", "--set=warmup-epochs=1");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("epoch  8/8");
  }

  @Test
  void withinAndResumeExcludeEachOther() throws IOException {
    CommandRun run = run("fine-tune", "--within=1h", "--resume");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("--within is for a new run, and --resume continues one");
    assertThat(run("fine-tune", "--within=10").code()).isEqualTo(2);
  }

  @Test
  void aSweepChoosesByValidationAndTestsTheChosenOneOnly() throws IOException {
    // With a rate of 1e-9, the head learns nothing.
    CommandRun run = run("sweep", "--grid", "learning-rate=1e-9,0.02", "head.hidden=0,4");

    assertThat(run.code()).as(run.err()).isZero();
    Path sweep = only(folder.resolve("output").resolve("sweeps"));
    List<String> rows = Files.readAllLines(sweep.resolve("sweep.csv"));
    assertThat(rows)
        .hasSize(5)
        .startsWith(
            "learning-rate,head.hidden,validation_accuracy,validation_loss,epochs_run,best_epoch,"
                + "seconds,test_accuracy,failure");
    assertThat(rows.get(1)).startsWith("0.02,").contains(",1.0000,");
    assertThat(rows.stream().skip(1).map(row -> row.split(",", -1)[7]).toList())
        .as("test accuracies")
        .containsExactly("1.0000", "", "", "");
    assertThat(sweep.resolve("sweep.html"))
        .content()
        .contains("Sweep of 4 combinations", "test accuracy 1.0000", "<svg");
    assertThat(run.out()).contains("Chosen: learning-rate=0.02 ", "test accuracy 1.0000");
    SmallRun chosen = new SmallRun(only(folder.resolve("output").resolve("runs")));
    String[] best = rows.get(1).split(",", -1);
    assertThat(chosen.validationAccuracy()).isEqualTo(Double.parseDouble(best[2]));
    assertThat(Files.readString(chosen.folder().resolve("recipe.yaml")))
        .contains("hidden: " + best[1]);
  }

  @Test
  void aSweepThatMixesSolversTrainsAllByGradients() throws IOException {
    List<String> arguments = new ArrayList<>(photos().arguments(folder.resolve("output")));
    arguments.set(0, "sweep");
    // Without these options, one combination would get a convex head by default.
    arguments.removeIf(each -> each.matches("--(set=(epochs|min|early|label|init|head)|learn).*"));
    arguments.addAll(List.of("--set=head.hidden=0", "--grid", "epochs=1,10", "layer-decay=0.5"));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("head.solver is gradient for all combinations");
    assertThat(run.err()).contains("layer-decay has no effect, because unfreeze is none");
    Path sweep = only(folder.resolve("output").resolve("sweeps"));
    assertThat(Files.readAllLines(sweep.resolve("sweep.csv")).stream().skip(1))
        .hasSize(2)
        .extracting(row -> row.split(",", -1)[4])
        .as("epochs, which only gradient training has")
        .containsExactlyInAnyOrder("1", "10");
    SmallRun chosen = new SmallRun(only(folder.resolve("output").resolve("runs")));
    assertThat(chosen.json().at("/head/solver").asText()).isEqualTo("gradient");
  }

  @Test
  void anInvalidCombinationEndsTheSweepBeforeItBegins() throws IOException {
    CommandRun run = run("sweep", "--grid", "epochs=1,0");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().lines())
        .hasSizeLessThanOrEqualTo(2)
        .anyMatch(l -> l.contains("grid: epochs=0: epochs: must be"));
    assertThat(folder.resolve("output").resolve("sweeps")).doesNotExist();
    assertThat(run("sweep").code()).isEqualTo(2);
  }

  @Test
  void aRangeTestWritesItsCurveAndSuggestsARate() throws IOException {
    SmallRun.Images photos = photos();
    StringBuilder copies = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      Files.copy(photos.file(i), folder.resolve("photos/copy" + i + ".png"));
      copies.append("copy" + i + ".png,dark,train\n");
    }
    Path manifest = folder.resolve("photos/pictures.csv");
    Files.writeString(manifest, copies, StandardOpenOption.APPEND);

    CommandRun run = run(photos, "find-lr", "--from=1e-5", "--to=10", "--steps=60");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err().lines()).contains("  1 more"); // no file lists all duplicates
    Path curve = only(folder.resolve("output").resolve("sweeps"));
    List<String> rows = Files.readAllLines(curve.resolve("range-test.csv"));
    assertThat(rows.get(1)).startsWith("1,1.000000e-05,");
    assertThat(rows).hasSizeBetween(20, 61);
    assertThat(curve.resolve("range-test.png")).isNotEmptyFile();
    assertThat(run.out()).containsPattern("Suggested: --learning-rate \\d");
    assertThat(folder.resolve("output").resolve("runs")).doesNotExist();
  }

  @Test
  void aRangeTestRefusesWhatHasNoLearningRate() throws IOException {
    CommandRun newton = run("find-lr", "--set=head.solver=newton");
    assertThat(newton.code()).isEqualTo(1);
    assertThat(newton.err()).contains("head.solver: newton has no learning rate");
    CommandRun rates = run("find-lr", "--from=1", "--to=0.1");
    assertThat(rates.code()).isEqualTo(1);
    assertThat(rates.err()).contains("--from and --to: must be learning rates");
    assertThat(run("find-lr", "--steps=1").err()).contains("--steps: must be 20 to 10000, not 1");
  }

  private static Path only(Path parent) throws IOException {
    try (Stream<Path> folders = Files.list(parent)) {
      List<Path> all = folders.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }
}
