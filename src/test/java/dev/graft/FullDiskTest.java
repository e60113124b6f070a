package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.graft.command.Console;
import dev.graft.io.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that remain when writing fails half-way. */
class FullDiskTest {
  /** Linux's device on which every write fails as on a full disk. */
  private static final Path FULL = Path.of("/dev/full");

  @TempDir Path temporary;

  @Test
  void aFileThatFailsLeavesTheOldOneAndNothingElse() throws IOException {
    Path file = Files.writeString(temporary.resolve("run.json"), "old");
    assertThatIOException()
        .isThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      AtomicFiles.writeFully(channel, ByteBuffer.allocate(100));
                      throw new IOException("No space left on device");
                    }))
        .withMessage(file + ": No space left on device");
    assertThat(file).hasContent("old");
    assertThat(names()).containsExactly("run.json");
  }

  @Test
  void aFolderThatFailsLeavesNothing() throws IOException {
    assertThatIOException()
        .isThrownBy(
            () ->
                AtomicFiles.folder(
                    temporary.resolve("model"),
                    folder -> {
                      Files.createDirectory(folder.resolve("plots"));
                      Files.writeString(folder.resolve("plots/loss.png"), "half");
                      throw new IOException("No space left on device");
                    }));
    assertThat(names()).isEmpty();
  }

  @Test
  void aFolderAppearsTogetherWithItsFiles() throws IOException {
    AtomicFiles.folder(
        temporary.resolve("model"),
        folder -> {
          assertThat(temporary.resolve("model")).doesNotExist();
          Files.writeString(folder.resolve("synset.txt"), "cat");
        });
    assertThat(names()).containsExactly("model");
    assertThat(temporary.resolve("model/synset.txt")).hasContent("cat");
  }

  @Test
  void messagesArePrintedThoughTheDiskOfTheLogIsFull() throws IOException {
    assumeTrue(Files.exists(FULL), "no " + FULL);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    try (Console console = new Console(stream, stream, false)) {
      console.logTo(FULL);
      console.say("first");
      console.say("second");
    }
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "first", "The log cannot be written any further: No space left on device", "second");
  }

  private Iterable<String> names() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
