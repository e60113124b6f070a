package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.nn.Parameter;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.recipe.Recipe;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Initial weights. */
@Tag("engine")
class WeightInitializerTest {
  private static final BackboneInfo CNN = BackboneInfo.SMALL_CNN;

  /** The small CNN from scratch, and its first convolution: 3 to 32 channels, 3x3. */
  private static float[] firstConvolution(Recipe.Initializer rule, int seed) {
    NetworkDesign design =
        NetworkDesign.of(
            CNN.network(),
            32,
            CNN.preprocessing(),
            "conv1",
            List.of(),
            NetworkDesign.Scaling.NONE,
            NetworkDesign.head(2304, 0, 0, 0, 10));
    try (LoadedBackbone backbone =
        LoadedBackbone.load(CNN, "random", 32, Device.cpu(), Progress.Display.NONE)) {
      DjlNetwork network = DjlNetwork.of(design, backbone.trunk());
      WeightInitializer.initialize(network, backbone, rule, seed);
      List<Parameter> tail = network.tail().getParameters().values();
      assertThat(tail).allMatch(Parameter::requiresGradient);
      return tail.get(0).getArray().toFloatArray();
    }
  }

  @ParameterizedTest
  @CsvSource({"ZERO_OUTPUT, true", "GLOROT_UNIFORM, false"})
  void theOutputLayerIsZeroBeforeTrainingIfTheRecipeSaysSo(
      Recipe.Initializer rule, boolean isZero) {
    NetworkDesign design =
        NetworkDesign.of(
            CNN.network(),
            32,
            CNN.preprocessing(),
            "none",
            List.of(),
            NetworkDesign.Scaling.NONE,
            NetworkDesign.head(2304, 8, 0, 0, 10));
    try (LoadedBackbone backbone =
        LoadedBackbone.load(CNN, "random", 32, Device.cpu(), Progress.Display.NONE)) {
      DjlNetwork network = DjlNetwork.of(design, backbone.trunk());
      WeightInitializer.initialize(network, backbone, rule, 1);
      List<Parameter> kernels =
          network.head().getParameters().values().stream()
              .filter(parameter -> parameter.getType() == Parameter.Type.WEIGHT)
              .toList();
      assertThat(kernels).hasSize(2);
      assertThat(isZero(kernels.get(0))).isFalse(); // the hidden layer
      assertThat(isZero(kernels.get(1))).isEqualTo(isZero);
    }
  }

  private static boolean isZero(Parameter parameter) {
    for (float value : parameter.getArray().toFloatArray()) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  /** The limits are the square roots of 6 / (27 + 288) and of 6 / 27. */
  @ParameterizedTest
  @CsvSource({"GLOROT_UNIFORM, 0.138013", "HE_UNIFORM, 0.471405"})
  void aBackboneWithoutWeightsIsInitializedByTheRecipe(Recipe.Initializer rule, float limit) {
    float[] kernel = firstConvolution(rule, 42);
    assertThat(kernel).hasSize(32 * 3 * 3 * 3);
    float greatest = 0;
    for (float value : kernel) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    assertThat(greatest).isBetween(0.97f * limit, 1.0001f * limit);
  }

  @Test
  void theSeedDeterminesTheWeights() {
    float[] first = firstConvolution(Recipe.Initializer.GLOROT_UNIFORM, 1);
    assertThat(firstConvolution(Recipe.Initializer.GLOROT_UNIFORM, 1)).isEqualTo(first);
    assertThat(firstConvolution(Recipe.Initializer.GLOROT_UNIFORM, 2)).isNotEqualTo(first);
  }
}
