package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsoleTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Console console = console(out);

  @TempDir Path folder;

  private Console console(OutputStream answers) {
    return new Console(answers, new PrintStream(err, true, StandardCharsets.UTF_8), false);
  }

  @Test
  void controlCharactersAreReplacedInEveryOutput() throws IOException {
    try (console) {
      console.logTo(folder.resolve("log.txt"));
      console.answer("an answer\u001b[2J é\u202e");
      console.say("said\u001b[2J");
      console.report("a verdict\u009b1m");
    }
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("an answer?[2J é?", "a verdict?1m");
    assertThat(err.toString(StandardCharsets.UTF_8).lines()).containsExactly("said?[2J");
    assertThat(Files.readAllLines(folder.resolve("log.txt")))
        .containsExactly("said?[2J", "a verdict?1m");
  }

  @Test
  void aLostAnswerIsNoticedAndTheLogContinues() throws IOException {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("full");
          }
        };
    try (Console failing = console(full)) {
      failing.logTo(folder.resolve("log.txt"));
      assertThat(failing.outputFailure()).isEmpty();
      failing.report("first");
      assertThat(failing.outputFailure()).get().extracting(Throwable::getMessage).isEqualTo("full");
      failing.report("second");
    }
    assertThat(Files.readAllLines(folder.resolve("log.txt"))).containsExactly("first", "second");
  }

  @Test
  void secondsArePrintedForPeople() {
    assertThat(ConsoleProgress.duration(8.4)).isEqualTo("8 s");
    assertThat(ConsoleProgress.duration(200)).isEqualTo("3 min 20 s");
    assertThat(ConsoleProgress.duration(7_530)).isEqualTo("2 h 5 min");
  }
}
