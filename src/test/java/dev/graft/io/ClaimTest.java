package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
  @TempDir Path folder;

  @Test
  void lockIsHeldUntilClosedAndItsFileIsDeleted() throws IOException {
    Path file = folder.resolve("claim");
    try (Claim claim = Claim.on(file)) {
      assertThat(Claim.isHeld(file)).isTrue();
      claim.giveRoom();
      assertThat(Claim.isHeld(file)).isTrue();
      assertThat(file).isEmptyFile();
    }
    assertThat(Claim.isHeld(file)).isFalse();
    assertThat(file).doesNotExist();
  }

  @Test
  void lockFileReservesDiskSpace() throws IOException {
    try (Claim claim = Claim.on(folder.resolve("claim"))) {
      assertThat(Files.size(folder.resolve("claim"))).isEqualTo(65_536);
      claim.giveRoom();
    }
  }

  @Test
  void unlockedFileIsNotHeld() throws IOException {
    assertThat(Claim.isHeld(Files.createFile(folder.resolve("left")))).isFalse();
    assertThat(Claim.isHeld(folder.resolve("nowhere"))).isFalse();
  }

  /** Claims the file of its argument, says so, and waits to be killed. */
  public static final class Holder {
    public static void main(String[] arguments) throws Exception {
      try (Claim claim = Claim.on(Path.of(arguments[0]))) {
        System.out.println("held");
        Thread.sleep(60_000);
        claim.giveRoom();
      }
    }
  }

  @Test
  void lockOfAnotherProcessIsHeldUntilItIsKilled() throws Exception {
    Path file = folder.resolve("claim");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Holder.class.getName(),
                    file.toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("held");
      assertThat(Claim.isHeld(file)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(file).exists();
    assertThat(Claim.isHeld(file)).isFalse();
  }
}
