package dev.graft.util;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.GraftException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
  @Test
  void aMessageLosesThePeriodAtItsEnd() {
    assertThat(Messages.of(new IOException("  Disk full.\n at sector 3"), "?"))
        .isEqualTo("Disk full");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " \n ",
        "class java.io.EOFException cannot be cast to class [B",
        "NullPointerException",
        "not allowed as per `FAIL_ON_TRAILING_TOKENS`",
        "Cannot invoke \"String.length()\" because it is null",
        "Raster sun.awt.image.SunWritableRaster@1f is incompatible"
      })
  void messagesForProgrammersAreReplaced(String message) {
    assertThat(Messages.of(message, "it is damaged")).isEqualTo("it is damaged");
  }

  @Test
  void whatIsWrongWithAFileIsSaidInWords() {
    assertThat(
            Stream.of(
                    new NoSuchFileException("a"),
                    new AccessDeniedException("a"),
                    new FileAlreadyExistsException("a"),
                    new NotDirectoryException("a"),
                    new DirectoryNotEmptyException("a"),
                    new FileSystemException("a", null, "Too many levels of symbolic links or x"),
                    new FileSystemException(
                        "a." + UUID.randomUUID() + ".unfinished", null, "Read-only file system"),
                    new FileSystemException("a"))
                .map(Messages::of))
        .containsExactly(
            "a: it does not exist",
            "a: permission denied",
            "a: a file or a broken link is in the way",
            "a: it is not a folder",
            "a: the folder is not empty",
            "a: its links lead in a circle",
            "a: Read-only file system",
            "a: the system gives no reason");
    assertThat(Messages.of(new IOException())).isEqualTo("the system gives no reason");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.png ends too early", "network.json is no text", "Error in line 3"})
  void fileNamesAreNotMistakenForClassNames(String message) {
    assertThat(Messages.of(message, "?")).isEqualTo(message);
  }

  /**
   * Messages as ONNX Runtime 1.28 words them on Linux, Windows and macOS, or PyTorch, each followed
   * by the reason.
   */
  @Test
  void aReasonOfNativeCodeIsWholeAndWithoutItsCode() throws IOException {
    byte[] bytes = Resource.bytes(MessagesTest.class, "native-failures.txt");
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSizeGreaterThan(30);
    for (int i = 0; i < lines.size(); i += 3) { // message, reason, blank line
      assertThat(Messages.ofNative(lines.get(i), "it says no more")).isEqualTo(lines.get(i + 1));
    }
  }

  @Test
  void aLongReasonIsWhole() {
    String reason = "the file is too old " + "and too long ".repeat(60) + "for version 7";
    assertThat(Messages.of(reason, "?")).isEqualTo(reason);
  }

  @Test
  void quotedContentOfAFileIsCutAndHasNoControlCharacters() {
    String quoted = "a\u001b[2J\r\nb\u009b1m" + "x".repeat(100_000) + " is no class.";
    GraftException e = new GraftException(quoted);
    assertThat(e.getMessage())
        .startsWith("a?[2J??b?1mxxx")
        .endsWith("xxx is no class.")
        .hasSizeLessThan(2_000);
  }

  @Test
  void charactersThatReorderOrHideTextAreReplaced() {
    String hidden = "a\u202egnp.exe\u2066\u200f\u061c\u200b\ufeff\u00ad\u2028\ud800\udb40\udc41";
    assertThat(Messages.printable(hidden)).isEqualTo("a?gnp.exe?????????");
    String needed = "é 車 می\u200cخواهم 👩\u200d💻 \ufe0f\t\n";
    assertThat(Messages.printable(needed)).isEqualTo(needed);
  }

  @Test
  void aSentenceEndsWithOnePeriod() {
    assertThat(Messages.sentence("It is so")).isEqualTo("It is so.");
    assertThat(Messages.sentence("Is it so?")).isEqualTo("Is it so?");
    assertThat(Messages.sentence("It is (so.)")).isEqualTo("It is (so.)");
  }
}
