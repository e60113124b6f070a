package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.CommandRun;
import dev.graft.output.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuneCommandTest {
  @TempDir Path folder;

  @Test
  void aTemperatureThatWasNotFittedSaysWhy() {
    RunRecord.Calibration none = new RunRecord.Calibration(1, 0, 0.1, 0.1, List.of());
    assertThat(FineTuneCommand.calibration(none, data(99)))
        .isEqualTo("Not calibrated: fewer than 100 validation images");
    assertThat(FineTuneCommand.calibration(none, data(100)))
        .isEqualTo("Not calibrated: no temperature from 0.05 to 20 fits the validation images");
    assertThat(
            FineTuneCommand.calibration(
                new RunRecord.Calibration(1.5, 400, 0.125, 0.1, List.of()), data(400)))
        .isEqualTo(
            "temperature 1.50, fitted to 400 validation images; without it the calibration error is"
                + " 0.1250");
    assertThat(FineTuneCommand.calibration(none, data(0))) // a convex head has no validation images
        .isEqualTo("Not calibrated: no temperature from 0.05 to 20 fits the training images");
  }

  @Test
  void aRunWhoseRecordIsDamagedIsNamedWhereTheNewestOneIsResumed() throws IOException {
    Path run = Files.createDirectories(folder.resolve("runs/1-vgg16-pets"));
    Files.writeString(run.resolve("run.json"), "{");

    CommandRun resumed = CommandRun.of("fine-tune", "--resume", "--output=" + folder);

    assertThat(resumed.code()).isEqualTo(1);
    assertThat(resumed.lines()).isEmpty();
    assertThat(resumed.err().lines())
        .containsExactly(
            run
                + " is skipped, because its run.json is damaged: put back a copy of that file, or"
                + " start a new run.",
            "Found no run in " + folder + " that did not complete; start one with fine-tune.");
  }

  private static RunRecord.Data data(int validation) {
    return new RunRecord.Data("photos", 900, validation, 100, 2, "ab12", 0, null);
  }

  @Test
  void dataIsSmallBelowTwoThousandEntries() throws IOException {
    Path manifest = folder.resolve("images.csv");
    Files.writeString(manifest, "path,label\n" + "a.png,cat\n".repeat(1_998));
    assertThat(FineTuneCommand.isSmall(manifest.toString())).isTrue();
    Files.writeString(manifest, "path,label\n" + "a.png,cat\n".repeat(1_999));
    assertThat(FineTuneCommand.isSmall(manifest.toString())).isFalse();
    assertThat(FineTuneCommand.isSmall(folder.toString())).isTrue();
    for (String other : List.of("cifar10-sample", folder + "/none", "\0")) {
      assertThat(FineTuneCommand.isSmall(other)).as(other).isFalse();
    }
  }
}
