package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.feature.View;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.TimePlanner;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class FoldsInTimeTest {
  @TempDir private Path folder;

  private Recipe recipe() throws IOException {
    for (int i = 0; i < 24; i++) {
      File file =
          folder.resolve("photos/" + (i % 2 == 0 ? "dark/" : "light/") + i + ".png").toFile();
      Files.createDirectories(file.toPath().getParent());
      BufferedImage image = new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB);
      for (int pixel = 0; pixel < 144; pixel++) {
        int gray = (i % 2 == 0 ? 40 : 180) + i + pixel % 7;
        image.setRGB(pixel % 12, pixel / 12, gray * 0x010101);
      }
      ImageIO.write(image, "png", file);
    }
    return RecipeReader.read(
        null,
        Map.of(
            "data", folder.resolve("photos").toString(),
            "backbone", "small-cnn",
            "weights", "random",
            "device", "cpu",
            "input-size", "12",
            "head.hidden", "0",
            "epochs", "4",
            "folds", "2"));
  }

  @Test
  void trainingThatWasEndedByTheTimeLimitIsStillCrossValidated() throws IOException {
    // All of the time is reserved for what follows the training.
    TimeLimit limit = TimeLimit.after(Duration.ofHours(1)).reserving(4_000);
    int[] cut = {0};
    FineTuneRun.Completed run =
        FineTuneRun.run(
            recipe(),
            new OutputFolder(folder.resolve("output")),
            new RunEvents() {
              @Override
              public void epochCut(int epoch, long batch, long batches) {
                cut[0] = epoch;
              }
            },
            new RunInterruption(),
            limit,
            FineTuneRun.Before.nothing());

    assertThat(cut[0]).isEqualTo(1);
    assertThat(run.record().outcome().epochs().run()).isEqualTo(1);
    assertThat(run.record().status()).isEqualTo(RunRecord.Status.COMPLETED);
    assertThat(run.record().outcome().crossValidation().folds()).isEqualTo(2);
    assertThat(run.folder().resolve("folds.csv")).isNotEmptyFile();
  }

  @Test
  void aFirstEpochThatIsTooSlowEndsInTimeWithAModel() throws IOException {
    Recipe slow = RecipeReader.with(recipe(), Map.of("min-steps", "100000", "folds", "0"));
    long[] cut = new long[3];
    RunEvents events =
        new RunEvents() {
          @Override
          public void epochCut(int epoch, long batch, long batches) {
            cut[0] = epoch;
            cut[1] = batch;
            cut[2] = batches;
          }
        };
    OutputFolder output = new OutputFolder(folder.resolve("output"));
    TimeLimit limit = TimeLimit.after(Duration.ofSeconds(3));

    FineTuneRun.Completed run =
        FineTuneRun.run(
            slow, output, events, new RunInterruption(), limit, FineTuneRun.Before.nothing());

    assertThat(cut[0]).isEqualTo(1);
    assertThat(cut[1]).isPositive().isLessThan(cut[2]);
    assertThat(cut[2]).isGreaterThanOrEqualTo(100_000);
    assertThat(limit.secondsLeft()).isGreaterThan(-20); // the epoch would take minutes
    assertThat(run.record().status()).isEqualTo(RunRecord.Status.COMPLETED);
    assertThat(run.record().outcome().epochs()).isEqualTo(new RunRecord.Epochs(1, 1, 1, false));
    assertThat(run.folder().resolve("model")).isNotEmptyDirectory();
    assertThat(run.folder().resolve("checkpoint")).doesNotExist();
    try (Stream<String> history = Files.lines(run.folder().resolve("history.csv"))) {
      assertThat(history).hasSize(2);
    }
  }

  @Test
  void theSecondsOfATimedRunIncludeItsPlanningAndTheFeaturesThatItComputed() throws IOException {
    Recipe recipe = recipe();
    RunRecord.Outcome first = timed(recipe);
    assertThat(first.cache().hit()).isFalse();
    assertThat(first.seconds().features()).isGreaterThanOrEqualTo(secondsOfFeatures);
    assertThat(first.seconds().total())
        .isGreaterThan(
            secondsOfPlanning
                + first.seconds().features()
                + first.seconds().training()
                + first.seconds().evaluation());

    assertThat(timed(recipe).cache().hit()).as("features of an earlier run").isTrue();
  }

  private double secondsOfPlanning;
  private double secondsOfFeatures;

  private RunRecord.Outcome timed(Recipe recipe) throws IOException {
    long start = System.nanoTime();
    RunEvents events =
        new RunEvents() {
          @Override
          public void planned(
              TimePlanner.Choice choice, Recipe planned, TimeLimit limit, boolean again) {
            secondsOfPlanning = (System.nanoTime() - start) / 1e9;
          }

          @Override
          public void computed(int images, double seconds, long bytes, View view) {
            secondsOfFeatures += seconds;
          }
        };
    OutputFolder output = new OutputFolder(folder.resolve("output"));
    TimeLimit limit = TimeLimit.after(Duration.ofHours(1));
    return TimedRun.run(recipe, Set.of("epochs"), output, limit, events, new RunInterruption())
        .record()
        .outcome();
  }
}
