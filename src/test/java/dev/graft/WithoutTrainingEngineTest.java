package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithoutTrainingEngineTest {
  @TempDir private Path folder;

  /** Returns the output of a process on both streams, and its exit code in the last line. */
  private List<String> run(String classPath, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        JavaProcess.command(
            "-verbose:class", "-Djava.awt.headless=true", "-cp", classPath, Main.class.getName());
    command.addAll(List.of(arguments));
    command.add("--output=" + folder);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String all = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      return Stream.concat(all.lines(), Stream.of("exit code " + process.exitValue())).toList();
    } finally {
      process.destroyForcibly();
    }
  }

  /** The engine would take a second and hundreds of megabytes. */
  @Test
  void inferOnTheCpuStartsNoTrainingEngine() throws IOException, InterruptedException {
    assertThat(run(System.getProperty("java.class.path"), "infer", "--imagenet", "car.png"))
        .endsWith("exit code 0")
        .anyMatch(line -> line.contains("% ") && line.contains("beach wagon"))
        .anyMatch(line -> line.contains(" dev.graft.engine.OnnxSession "))
        .noneMatch(line -> line.contains(" ai.djl.engine.Engine "))
        .noneMatch(line -> line.contains(" ai.djl.pytorch."));
  }

  /** As with the profile onnxruntime. */
  @Test
  void withoutATrainingEngineInferWorksAndFineTuneIsRefusedInASentence()
      throws IOException, InterruptedException {
    String separator = System.getProperty("path.separator");
    String bare =
        Stream.of(System.getProperty("java.class.path").split(separator))
            .filter(place -> !place.contains("pytorch") && !place.contains("mxnet"))
            .collect(Collectors.joining(separator));

    assertThat(run(bare, "infer", "--imagenet", "car.png"))
        .endsWith("exit code 0")
        .anyMatch(line -> line.contains("% ") && line.contains("beach wagon"));
    assertThat(run(bare, "fine-tune", "--data=cifar10-sample"))
        .endsWith("exit code 1")
        .anyMatch(
            line ->
                line.startsWith(
                    "No engine that can train is available (ONNX Runtime only predicts)"));
  }
}
