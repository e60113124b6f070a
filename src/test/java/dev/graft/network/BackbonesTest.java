package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.zoo.BackboneInfo;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The backbones, compared with their published figures. */
class BackbonesTest {
  private static final BackboneSpec VGG16 = Vgg16.network();
  private static final BackboneSpec LITE0 = EfficientNetLite0.network();
  private static final BackboneSpec SMALL = SmallCnn.network();

  @Test
  void vgg16HasThirteenConvolutionsUnderKerasNames() {
    assertThat(names(VGG16))
        .containsExactly(
            "block1_conv1",
            "block1_conv2",
            "block1_pool",
            "block2_conv1",
            "block2_conv2",
            "block2_pool",
            "block3_conv1",
            "block3_conv2",
            "block3_conv3",
            "block3_pool",
            "block4_conv1",
            "block4_conv2",
            "block4_conv3",
            "block4_pool",
            "block5_conv1",
            "block5_conv2",
            "block5_conv3",
            "block5_pool");
    assertThat(VGG16.weights()).hasSize(26);
    assertThat(VGG16.weights().get(0))
        .isEqualTo(Weight.of("block1_conv1", Weight.Role.KERNEL, 64, 3, 3, 3));
    assertThat(VGG16.weights().get(1)).isEqualTo(Weight.of("block1_conv1", Weight.Role.BIAS, 64));
    assertThat(VGG16.weights().get(24))
        .isEqualTo(Weight.of("block5_conv3", Weight.Role.KERNEL, 512, 512, 3, 3));
  }

  @Test
  void vgg16sDenseLayersHaveTheShapesOfKerasFile() {
    BackboneSpec network = Vgg16.withDenseLayers();
    assertThat(network.weights().subList(26, 30))
        .containsExactly(
            Weight.of("fc1", Weight.Role.KERNEL, 4096, 512, 7, 7),
            Weight.of("fc1", Weight.Role.BIAS, 4096),
            Weight.of("fc2", Weight.Role.KERNEL, 4096, 4096, 1, 1),
            Weight.of("fc2", Weight.Role.BIAS, 4096));
    assertThat(last(network, 224)).isEqualTo(new Shape(4096, 1, 1));
    // Keras's VGG16(include_top=True), less the last layer's 4,097,000.
    assertThat(network.parameters()).isEqualTo(138_357_544 - 4_097_000);
  }

  @Test
  void efficientNetLite0HasSixteenBlocksBetweenStemAndHead() {
    List<String> blocks = IntStream.range(0, 16).mapToObj(i -> "blocks." + i).toList();
    assertThat(names(LITE0))
        .containsExactlyElementsOf(
            Stream.of(List.of("stem"), blocks, List.of("head")).flatMap(List::stream).toList());
    assertThat(LITE0.weights()).hasSize(98);
    assertThat(LITE0.stages().get(1).weights())
        .containsExactly(
            Weight.of("blocks.0.depthwise", Weight.Role.DEPTHWISE_KERNEL, 32, 1, 3, 3),
            Weight.of("blocks.0.depthwise", Weight.Role.BIAS, 32),
            Weight.of("blocks.0.project", Weight.Role.KERNEL, 16, 32, 1, 1),
            Weight.of("blocks.0.project", Weight.Role.BIAS, 16));
    assertThat(LITE0.stages().get(4).weights())
        .startsWith(
            Weight.of("blocks.3.expand", Weight.Role.KERNEL, 144, 24, 1, 1),
            Weight.of("blocks.3.expand", Weight.Role.BIAS, 144),
            Weight.of("blocks.3.depthwise", Weight.Role.DEPTHWISE_KERNEL, 144, 1, 5, 5));
  }

  @Test
  void efficientNetBlocksHaveAShortcutWhereShapesAgree() {
    assertThat(
            LITE0.stages().stream().filter(stage -> stage.shortcut().isPresent()).map(Stage::name))
        .containsExactly(
            "blocks.2",
            "blocks.4",
            "blocks.6",
            "blocks.7",
            "blocks.9",
            "blocks.10",
            "blocks.12",
            "blocks.13",
            "blocks.14");
  }

  @Test
  void parameterCountsAreThePublishedOnes() {
    // Keras's VGG16(include_top=False).
    assertThat(VGG16.parameters()).isEqualTo(14_714_688);
    // Lite0's 4,631,000 with batch normalization folded, less the classifier's 1,281,000.
    assertThat(LITE0.parameters()).isEqualTo(3_350_000);
    // The notebook's 1,250,858, less 1,180,160 and 5,130 for the dense layers.
    assertThat(SMALL.parameters()).isEqualTo(65_568);
    // Keras's Xception(include_top=False).
    assertThat(Xception.network().parameters()).isEqualTo(20_861_480);
    for (BackboneSpec network : List.of(VGG16, LITE0, SMALL, Xception.network())) {
      assertThat(network.weights().stream().mapToLong(Weight::size).sum())
          .as(network.name())
          .isEqualTo(network.parameters());
    }
  }

  @Test
  void vgg16WithOtherWidthsHasTheSameStages() {
    BackboneSpec eighth = Vgg16.network(8, 16, 32, 64, 64);
    assertThat(names(eighth)).isEqualTo(names(VGG16));
    assertThat(last(eighth, 32)).isEqualTo(new Shape(64, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "32, 16, 8, 4, 2, 1",
    "33, 16, 8, 4, 2, 1",
    "63, 31, 15, 7, 3, 1",
    "64, 32, 16, 8, 4, 2",
    "224, 112, 56, 28, 14, 7"
  })
  void vgg16HalvesItsInputFiveTimesRoundingDown(int side, int p1, int p2, int p3, int p4, int p5) {
    List<Shape> outputs = VGG16.outputs(side);
    assertThat(outputs).hasSize(18);
    assertThat(outputs.get(0)).isEqualTo(new Shape(64, side, side));
    assertThat(outputs.get(2)).isEqualTo(new Shape(64, p1, p1));
    assertThat(outputs.get(5)).isEqualTo(new Shape(128, p2, p2));
    assertThat(outputs.get(9)).isEqualTo(new Shape(256, p3, p3));
    assertThat(outputs.get(13)).isEqualTo(new Shape(512, p4, p4));
    assertThat(outputs.get(17)).isEqualTo(new Shape(512, p5, p5));
  }

  @ParameterizedTest
  @CsvSource({
    "32, 16, 8, 4, 2, 1",
    "33, 17, 9, 5, 3, 2",
    "96, 48, 24, 12, 6, 3",
    "224, 112, 56, 28, 14, 7"
  })
  void efficientNetLite0HalvesItsInputFiveTimesRoundingUp(
      int side, int stem, int b1, int b3, int b5, int b11) {
    List<Shape> outputs = LITE0.outputs(side);
    assertThat(outputs)
        .containsExactly(
            new Shape(32, stem, stem),
            new Shape(16, stem, stem),
            new Shape(24, b1, b1),
            new Shape(24, b1, b1),
            new Shape(40, b3, b3),
            new Shape(40, b3, b3),
            new Shape(80, b5, b5),
            new Shape(80, b5, b5),
            new Shape(80, b5, b5),
            new Shape(112, b5, b5),
            new Shape(112, b5, b5),
            new Shape(112, b5, b5),
            new Shape(192, b11, b11),
            new Shape(192, b11, b11),
            new Shape(192, b11, b11),
            new Shape(192, b11, b11),
            new Shape(320, b11, b11),
            new Shape(1280, b11, b11));
  }

  @Test
  void smallCnnIsTheNotebooksBaseline() {
    assertThat(names(SMALL))
        .containsExactly("conv1", "conv2", "pool1", "conv3", "conv4", "pool2", "flatten");
    assertThat(SMALL.outputs(32))
        .containsExactly(
            new Shape(32, 32, 32),
            new Shape(32, 30, 30),
            new Shape(32, 15, 15),
            new Shape(64, 15, 15),
            new Shape(64, 13, 13),
            new Shape(64, 6, 6),
            new Shape(2304));
  }

  @ParameterizedTest
  @CsvSource({"vgg16, 32", "efficientnet-lite0, 32", "small-cnn, 10"})
  void smallestInputLeavesAPixelAndASmallerOneIsRejected(String name, int smallest) {
    BackboneSpec network = BackboneInfo.of(name).network();
    assertThat(last(network, smallest).size()).isPositive();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> network.outputs(smallest - 1))
        .withMessage(
            "input-size: %d is too small for %s: set it to at least %d pixels.",
            smallest - 1, name, smallest);
  }

  @Test
  void unknownNamesAreRejectedWithTheValidOnes() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> BackboneInfo.of("resnet"))
        .withMessage(
            "backbone: unknown network resnet; give one of vgg16, efficientnet-lite0, xception,"
                + " small-cnn, an .onnx or .pt file, or a folder.");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SMALL.indexOf("conv9"))
        .withMessage(
            "small-cnn has no stage conv9; its stages are conv1, conv2, pool1, conv3, conv4, pool2,"
                + " flatten.");
    assertThat(SMALL.indexOf("conv1")).isZero();
    assertThat(SMALL.indexOf("flatten")).isEqualTo(6);
  }

  @Test
  void duplicateStageNamesAreRejected() {
    Stage stage = Stage.of("a", new Layer.Relu("a"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BackboneSpec("twice", List.of(stage, stage), List.of("a"), 1));
  }

  private static List<String> names(BackboneSpec network) {
    return network.stages().stream().map(Stage::name).toList();
  }

  private static Shape last(BackboneSpec network, int side) {
    List<Shape> outputs = network.outputs(side);
    return outputs.get(outputs.size() - 1);
  }
}
