package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputOptionTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "running, RUN was interrupted and has no complete model; continue it with fine-tune --resume"
            + " RUN.",
        "interrupted, RUN was interrupted and has no complete model; continue it with fine-tune"
            + " --resume RUN.",
        "failed, RUN failed and has no complete model; continue it with fine-tune --resume RUN.",
        "completed, \"RUN no longer has its model; copy the folder again, or train again.\""
      })
  void aRunWithoutAModelSaysHowToGoOn(String status, String message) throws IOException {
    Path run = run(status);
    assertThatThrownBy(() -> OutputOption.modelOf(run))
        .isInstanceOf(GraftException.class)
        .hasMessage(message.replace("RUN", run.toString()));
    Path model = Files.createDirectory(run.resolve("model"));
    assertThat(OutputOption.modelOf(run)).isEqualTo(model);
  }

  @Test
  void otherFoldersAndFilesAreTakenAsTheyAre() throws IOException {
    Path file = Files.createFile(folder.resolve("model.onnx"));
    for (Path each : new Path[] {file, folder, folder.resolve("none")}) {
      assertThat(OutputOption.modelOf(each)).isEqualTo(each);
    }
  }

  private Path run(String status) throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.writeString(run.resolve("run.json"), "{\"status\" : \"" + status + "\", \"data\" : {}}");
    return run;
  }
}
