package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer.Padding;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerTest {
  /** TensorFlow's SAME: the odd zero comes after the last pixel. */
  @ParameterizedTest
  @CsvSource({
    "32, 1, 1, 0, 0",
    "32, 3, 1, 1, 1",
    "33, 3, 1, 1, 1",
    "1, 3, 1, 1, 1",
    "32, 5, 1, 2, 2",
    "32, 3, 2, 0, 1",
    "33, 3, 2, 1, 1",
    "32, 5, 2, 1, 2",
    "33, 5, 2, 2, 2",
    "2, 3, 2, 0, 1",
    "1, 3, 2, 1, 1",
    "1, 5, 2, 2, 2",
    "32, 1, 2, 0, 0"
  })
  void samePaddingIsSplitAsInTensorFlow(int length, int kernel, int stride, int before, int after) {
    assertThat(Padding.SAME.outside(length, kernel, stride)).containsExactly(before, after);
    assertThat(Padding.VALID.outside(length, kernel, stride)).containsExactly(0, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "SAME, 3, 1, 32, 32",
    "SAME, 3, 2, 32, 16",
    "SAME, 3, 2, 33, 17",
    "SAME, 5, 2, 1, 1",
    "VALID, 3, 1, 32, 30",
    "VALID, 3, 2, 32, 15",
    "VALID, 3, 2, 33, 16"
  })
  void convolutionOutputShapeDependsOnPadding(
      Padding padding, int kernel, int stride, int side, int out) {
    var conv = new Layer.Conv2d("conv", 3, 8, kernel, stride, padding, 1);
    assertThat(conv.output(new Shape(3, side, side + 2)).get(1)).isEqualTo(out);
    assertThat(conv.output(new Shape(3, side, side))).isEqualTo(new Shape(8, out, out));
  }

  @Test
  void layersWithoutWeightsHaveNone() {
    assertThat(new Layer.Relu("a").parameters()).isZero();
    assertThat(new Layer.MaxPool("a", 2).weights()).isEmpty();
    assertThat(new Layer.Dropout("a", 0.5).weights()).isEmpty();
  }

  @Test
  void weightsAreTheKernelThenTheBias() {
    assertThat(new Layer.Dense("d", 512, 10).weights())
        .containsExactly(
            Weight.of("d", Weight.Role.DENSE_KERNEL, 10, 512),
            Weight.of("d", Weight.Role.BIAS, 10));
    assertThat(new Layer.Dense("d", 512, 10).parameters()).isEqualTo(5130);
    assertThat(new Layer.Conv2d("c", 8, 16, 3, 1, Padding.SAME, 2).weights())
        .containsExactly(
            Weight.of("c", Weight.Role.KERNEL, 16, 4, 3, 3), Weight.of("c", Weight.Role.BIAS, 16));
    assertThat(new Layer.Conv2d("c", 8, 8, 5, 1, Padding.SAME, 8).weights().get(0))
        .isEqualTo(Weight.of("c", Weight.Role.DEPTHWISE_KERNEL, 8, 1, 5, 5));
  }

  @Test
  void aWeightIsNamedAfterItsLayerAndRole() {
    assertThat(Weight.of("block1_conv1", Weight.Role.KERNEL, 64, 3, 3, 3).name())
        .isEqualTo("block1_conv1.weight");
    assertThat(Weight.of("a", Weight.Role.DEPTHWISE_KERNEL, 8, 1, 3, 3).name())
        .isEqualTo("a.weight");
    assertThat(Weight.of("a", Weight.Role.DENSE_KERNEL, 2, 3).name()).isEqualTo("a.weight");
    assertThat(Weight.of("a", Weight.Role.BIAS, 64).name()).isEqualTo("a.bias");
    assertThat(Weight.of("a", Weight.Role.KERNEL, 64, 3, 3, 3).size()).isEqualTo(1728);
  }

  @Test
  void poolingDropsTheRemainder() {
    assertThat(new Layer.MaxPool("p", 2).output(new Shape(4, 7, 6))).isEqualTo(new Shape(4, 3, 3));
  }

  @Test
  void flatteningKeepsAllValues() {
    assertThat(new Layer.Flatten("f").output(new Shape(64, 6, 6))).isEqualTo(new Shape(2304));
  }

  @Test
  void incompatibleLayersAreRejected() {
    var conv = Layer.Conv2d.of3x3("conv", 3, 8, Padding.SAME);
    assertThatIllegalArgumentException().isThrownBy(() -> conv.output(new Shape(4, 8, 8)));
    assertThatIllegalArgumentException().isThrownBy(() -> conv.output(new Shape(3)));
    var dense = new Layer.Dense("dense", 10, 2);
    assertThatIllegalArgumentException().isThrownBy(() -> dense.output(new Shape(11)));
    assertThatIllegalArgumentException().isThrownBy(() -> dense.output(new Shape(10, 1, 1)));
    var widening = Stage.residual("sum", List.of(conv));
    assertThatIllegalArgumentException().isThrownBy(() -> widening.output(new Shape(3, 8, 8)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Layer.Conv2d("c", 6, 8, 3, 1, Padding.SAME, 4));
    for (double rate : new double[] {-0.1, 1, Double.NaN}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new Layer.Dropout("d", rate));
    }
  }
}
