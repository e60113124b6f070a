package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunLinesTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private String interrupted(Optional<Path> model) throws IOException {
    PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
    try (Console console = new Console(stream, stream, false)) {
      new RunLines(console).interrupted(Path.of("run"), model);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  /** There is none before the first epoch, and none after many if the end is requested twice. */
  @Test
  void anInterruptedRunWithoutAModelSaysNoMoreThanThat() throws IOException {
    assertThat(interrupted(Optional.empty()))
        .startsWith("Interrupted before a model was saved. Cached features are reused")
        .doesNotContain("epoch")
        .contains("fine-tune --resume run");
  }

  @Test
  void anInterruptedRunWithAModelNamesIt() throws IOException {
    assertThat(interrupted(Optional.of(Path.of("run/model"))))
        .startsWith("Interrupted. The model was saved; use it with --model ");
  }
}
