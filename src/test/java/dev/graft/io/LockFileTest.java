package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
  @TempDir Path folder;

  @Test
  void lockIsHeldUntilClosedAndItsFileIsDeleted() throws IOException {
    Path file = folder.resolve("claim");
    try (LockFile claim = LockFile.on(file)) {
      assertThat(LockFile.isHeld(file)).isTrue();
      claim.freeReservedSpace();
      assertThat(LockFile.isHeld(file)).isTrue();
      assertThat(file).isEmptyFile();
    }
    assertThat(LockFile.isHeld(file)).isFalse();
    assertThat(file).doesNotExist();
  }

  @Test
  void lockFileReservesDiskSpace() throws IOException {
    try (LockFile claim = LockFile.on(folder.resolve("claim"))) {
      assertThat(Files.size(folder.resolve("claim"))).isEqualTo(65_536);
      claim.freeReservedSpace();
    }
  }

  @Test
  void unlockedFileIsNotHeld() throws IOException {
    assertThat(LockFile.isHeld(Files.createFile(folder.resolve("left")))).isFalse();
    assertThat(LockFile.isHeld(folder.resolve("nowhere"))).isFalse();
  }

  /** Locks the file of its argument, prints a line, and waits to be killed. */
  public static final class Holder {
    public static void main(String[] arguments) throws Exception {
      try (LockFile claim = LockFile.on(Path.of(arguments[0]))) {
        System.out.println("held");
        Thread.sleep(60_000);
        claim.freeReservedSpace();
      }
    }
  }

  @Test
  void lockOfAnotherProcessIsHeldUntilItIsKilled() throws Exception {
    Path file = folder.resolve("claim");
    Process process =
        new ProcessBuilder(
                JavaProcess.command(
                    "-cp",
                    System.getProperty("java.class.path"),
                    Holder.class.getName(),
                    file.toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("held");
      assertThat(LockFile.isHeld(file)).isTrue();
      if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        // As with a file of another user; root may read and write all files.
        for (String permissions : List.of("r--r--r--", "---------")) {
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
          assertThat(LockFile.isHeld(file)).as(permissions).isTrue();
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(file).exists();
    assertThat(LockFile.isHeld(file)).isFalse();
  }
}
