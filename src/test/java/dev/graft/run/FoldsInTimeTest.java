package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.feature.View;
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
    int[] timeIsUp = {0};
    FineTuneRun.Completed run =
        FineTuneRun.run(
            recipe(),
            new OutputFolder(folder.resolve("output")),
            new RunEvents() {
              @Override
              public void timeIsUp(int epoch) {
                timeIsUp[0] = epoch;
              }
            },
            new RunInterruption(),
            limit,
            FineTuneRun.Before.nothing());

    assertThat(timeIsUp[0]).isEqualTo(1);
    assertThat(run.record().outcome().epochs().run()).isEqualTo(1);
    assertThat(run.record().status()).isEqualTo(RunRecord.Status.COMPLETED);
    assertThat(run.record().outcome().crossValidation().folds()).isEqualTo(2);
    assertThat(run.folder().resolve("folds.csv")).isNotEmptyFile();
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
