package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RunLinesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private String printed(Consumer<RunLines> event) throws IOException {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    try (Console console = new Console(stream, stream, false)) {
      event.accept(new RunLines(console));
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private String interrupted(Optional<Path> model) throws IOException {
    return printed(lines -> lines.interrupted(Path.of("run"), model));
  }

  @Test
  void lostTestImagesAreNamedWithWhatMayHaveHappenedToThem() throws IOException {
    assertThat(printed(lines -> lines.evaluatingOwn(2, List.of(Path.of("cat.png")))).lines())
        .containsExactly(
            "Evaluating on 2 test images of the run",
            "1 test image of the run skipped (missing, unreadable, changed or in another class"
                + " now): cat.png");
  }

  @Test
  void aWarningIsPrintedOnce() throws IOException {
    assertThat(
            printed(
                    lines -> {
                      assertThat(lines.hasWarnings()).isFalse();
                      lines.warned("The disk is slow.");
                      lines.warned("The disk is slow.");
                      assertThat(lines.hasWarnings()).isTrue();
                    })
                .lines())
        .containsExactly("Warning: The disk is slow.");
  }

  @Test
  void weightsOfTheLastEpochAreNotSaidToBeRestored() throws IOException {
    assertThat(printed(lines -> lines.restored(3, 3))).isEmpty();
    assertThat(printed(lines -> lines.restored(2, 3)))
        .startsWith("Restored the weights of epoch 2, the best.");
  }

  /** There is no model before the first epoch, or if the end is requested twice. */
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
