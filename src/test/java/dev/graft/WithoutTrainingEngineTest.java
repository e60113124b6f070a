package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithoutTrainingEngineTest {
  @TempDir private Path folder;

  /** It would take a second, and hundreds of megabytes. */
  @Test
  void anAnswerOnTheCpuStartsNoEngineThatTrains() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-verbose:class",
                "-XX:TieredStopAtLevel=1",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "infer",
                "--imagenet",
                "--output=" + folder,
                "car.png")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      List<String> said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(said).anyMatch(line -> line.contains("% ") && line.contains("beach wagon"));
      assertThat(said)
          .anyMatch(line -> line.contains(" dev.graft.engine.OnnxSession "))
          .noneMatch(line -> line.contains(" ai.djl.engine.Engine "))
          .noneMatch(line -> line.contains(" ai.djl.pytorch."));
    } finally {
      process.destroyForcibly();
    }
  }
}
