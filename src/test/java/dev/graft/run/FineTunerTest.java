package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Parameter;
import dev.graft.Console;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run's network is before its first epoch. */
@Tag("engine")
class FineTunerTest {
  /** The small CNN from scratch, and its first convolution: 3 to 32 channels, 3x3. */
  private static float[] firstConvolution(Map<String, String> settings) throws IOException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("data", "cifar10-sample");
    Recipe recipe = RecipeReader.read(Path.of("conf", "baseline-cnn.yaml"), all);
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    Console console = new Console(nowhere, nowhere, false);
    try (FineTuner tuner =
        new FineTuner(recipe, Path.of("nowhere"), console, new DataEvents() {})) {
      List<Parameter> tail = tuner.graft().tail().getParameters().values();
      assertThat(tail).allMatch(Parameter::requiresGradient);
      return tail.get(0).getArray().toFloatArray();
    }
  }

  /** The limits are the square roots of 6 / (27 + 288) and of 6 / 27. */
  @ParameterizedTest
  @CsvSource({"glorot-uniform, 0.138013", "he-uniform, 0.471405"})
  void aBackboneWithoutWeightsIsDrawnAsTheRecipeSays(String initializer, float limit)
      throws IOException {
    float[] kernel = firstConvolution(Map.of("initializer", initializer));
    assertThat(kernel).hasSize(32 * 3 * 3 * 3);
    float greatest = 0;
    for (float value : kernel) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    assertThat(greatest).isBetween(0.97f * limit, 1.0001f * limit);
  }

  @Test
  void theSameSeedDrawsTheSameAndAnotherSeedSomethingElse() throws IOException {
    float[] first = firstConvolution(Map.of("seed", "1"));
    assertThat(firstConvolution(Map.of("seed", "1"))).isEqualTo(first);
    assertThat(firstConvolution(Map.of("seed", "2"))).isNotEqualTo(first);
  }
}
