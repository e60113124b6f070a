package dev.graft.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.network.NetworkDesign.Row;
import dev.graft.network.NetworkDesign.Scaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkDesignTest {
  private static final BackboneSpec VGG16 = Vgg16.network();

  @Test
  void layerTableOfTheNotebook() {
    NetworkDesign notebook = vgg16("none", List.of("block5_pool"), Scaling.NONE, 1024);
    assertThat(notebook.parameters()).isEqualTo(15_250_250);
    assertThat(notebook.trainedParameters()).isEqualTo(535_562);
    assertThat(notebook.classes()).isEqualTo(10);
    List<Row> rows = notebook.rows();
    // Input, normalization, 13 x (convolution, ReLU), 5 poolings, average, head of 3, softmax.
    assertThat(rows).hasSize(38);
    assertThat(rows.subList(0, 4))
        .containsExactly(
            new Row("pixels", "Input", new Shape(3, 32, 32), 0, false),
            new Row("normalization", "Normalize", new Shape(3, 32, 32), 0, false),
            new Row("block1_conv1", "Conv2d", new Shape(64, 32, 32), 1792, false),
            new Row("block1_conv1_relu", "Relu", new Shape(64, 32, 32), 0, false));
    assertThat(rows.subList(32, 38))
        .containsExactly(
            new Row("block5_pool", "MaxPool", new Shape(512, 1, 1), 0, false),
            new Row("block5_pool_average", "GlobalAveragePool", new Shape(512), 0, false),
            new Row("head_hidden", "Dense", new Shape(1024), 525_312, true),
            new Row("head_relu", "Relu", new Shape(1024), 0, false),
            new Row("head_classes", "Dense", new Shape(10), 10_250, true),
            new Row("probabilities", "Softmax", new Shape(10), 0, false));
  }

  @Test
  void layerTableOfTheDefaultShowsConcatenationAndScaling() {
    NetworkDesign design = vgg16("none", List.of(), new Scaling(0.5, true), 0);
    List<Row> rows = design.rows();
    assertThat(rows)
        .contains(
            new Row("block3_pool_average", "GlobalAveragePool", new Shape(256), 0, false),
            new Row("block4_pool_average", "GlobalAveragePool", new Shape(512), 0, false));
    assertThat(rows.subList(rows.size() - 6, rows.size()))
        .containsExactly(
            new Row("block5_pool_average", "GlobalAveragePool", new Shape(512), 0, false),
            new Row("features", "Concatenate", new Shape(1280), 0, false),
            new Row("scaling_power", "Power 0.5", new Shape(1280), 0, false),
            new Row("scaling", "Standardize", new Shape(1280), 0, false),
            new Row("head_classes", "Dense", new Shape(10), 12_810, true),
            new Row("probabilities", "Softmax", new Shape(10), 0, false));
  }

  @Test
  void disabledOptionsAddNoSteps() {
    assertThat(scalingSteps(new Scaling(0.5, false))).containsExactly("scaling_power");
    assertThat(scalingSteps(new Scaling(1, true))).containsExactly("scaling");
    assertThat(scalingSteps(Scaling.NONE)).isEmpty();
    BackboneSpec small = SmallCnn.network();
    NetworkDesign flat =
        NetworkDesign.of(
            small, 32, Preprocessing.ZERO_ONE, "conv1", List.of(), Scaling.NONE, List.of());
    assertThat(flat.graph().steps().get(flat.graph().size() - 1))
        .isEqualTo(Step.of(new Layer.Flatten("flatten"), "dropout2"));
  }

  @Test
  void allWeightsHaveNames() {
    assertThat(vgg16("none", List.of(), new Scaling(0.5, true), 16).graph().weights())
        .hasSize(26 + 2 + 4)
        .startsWith(Weight.of("block1_conv1", Weight.Role.KERNEL, 64, 3, 3, 3))
        .endsWith(
            Weight.of("scaling", Weight.Role.MEAN, 1280),
            Weight.of("scaling", Weight.Role.DEVIATION, 1280),
            Weight.of("head_hidden", Weight.Role.DENSE_KERNEL, 16, 1280),
            Weight.of("head_hidden", Weight.Role.BIAS, 16),
            Weight.of("head_classes", Weight.Role.DENSE_KERNEL, 10, 16),
            Weight.of("head_classes", Weight.Role.BIAS, 10))
        .extracting(Weight::name)
        .contains("scaling.mean", "scaling.deviation", "head_hidden.weight", "head_classes.bias");
  }

  @Test
  void withoutUnfreezingTheBoundaryIsAfterTheLastStage() {
    NetworkDesign design = vgg16("none", List.of(), Scaling.NONE, 0);
    assertThat(design.boundary()).isEqualTo(18);
    assertThat(design.trainsBackbone()).isFalse();
    assertThat(design.unfrozen()).isEqualTo("none");
    assertThat(design.featureWidth()).isEqualTo(1280);
    assertThat(crossing(design)).containsExactly(entry("features", new Shape(1280)));
    assertThat(design.trainedParameters()).isEqualTo(12_810);
  }

  @Test
  void unfreezingAStageTrainsItAndAllLaterStages() {
    NetworkDesign design = vgg16("block5_conv1", List.of(), Scaling.NONE, 0);
    assertThat(design.boundary()).isEqualTo(14);
    assertThat(design.trainsBackbone()).isTrue();
    assertThat(design.unfrozen()).isEqualTo("block5_conv1");
    assertThat(crossing(design))
        .containsExactly(
            entry("block4_pool", new Shape(512, 2, 2)),
            entry("block3_pool_average", new Shape(256)),
            entry("block4_pool_average", new Shape(512)));
    assertThat(design.featureWidth()).isEqualTo(1280);
    assertThat(design.trainedParameters()).isEqualTo(3 * 2_359_808 + 12_810);
    assertThat(design.rows().stream().filter(Row::trained).map(Row::name))
        .containsExactly("block5_conv1", "block5_conv2", "block5_conv3", "head_classes");
  }

  @Test
  void unfreezingTheFirstStageTrainsTheWholeBackbone() {
    NetworkDesign design = vgg16("block1_conv1", List.of(), Scaling.NONE, 0);
    assertThat(design.boundary()).isZero();
    assertThat(crossing(design)).containsExactly(entry("pixels", new Shape(3, 32, 32)));
    assertThat(design.trainedParameters()).isEqualTo(design.parameters());
  }

  @Test
  void stagesAfterTheLastFeatureAreCutOff() {
    NetworkDesign design = vgg16("none", List.of("block3_pool"), Scaling.NONE, 0);
    assertThat(design.backbone().stages()).hasSize(10);
    assertThat(design.backbone().stages().get(9).name()).isEqualTo("block3_pool");
    assertThat(design.boundary()).isEqualTo(10);
    assertThat(design.parameters()).isEqualTo(1_735_488 + 2570);
  }

  @Test
  void featuresAreInTheNetworksOrderWithoutDuplicates() {
    NetworkDesign design =
        vgg16(
            "none",
            List.of("block5_pool", "block3_pool", "block5_pool", "block4_pool"),
            Scaling.NONE,
            0);
    assertThat(design.features()).containsExactly("block3_pool", "block4_pool", "block5_pool");
    assertThat(design.featureWidth()).isEqualTo(1280);
  }

  @Test
  void defaultFeaturesAreTheBackbonesOwn() {
    assertThat(NetworkDesign.featureWidth(VGG16, 32, List.of())).isEqualTo(1280);
    assertThat(NetworkDesign.featureWidth(EfficientNetLite0.network(), 96, List.of()))
        .isEqualTo(80 + 112 + 192 + 320 + 1280);
    assertThat(NetworkDesign.featureWidth(SmallCnn.network(), 32, List.of())).isEqualTo(2304);
    assertThat(NetworkDesign.featureWidth(VGG16, 224, List.of("block1_conv1"))).isEqualTo(64);
  }

  @Test
  void unfreezingAStageAfterTheLastFeatureIsRejected() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> vgg16("block4_conv1", List.of("block3_pool"), Scaling.NONE, 0))
        .withMessage(
            "unfreeze: block4_conv1 is after the last feature stage, block3_pool, so no stage would be"
                + " trained; name an earlier stage, or none.");
    assertThat(vgg16("block3_pool", List.of("block3_pool"), Scaling.NONE, 0).boundary())
        .isEqualTo(9);
  }

  @Test
  void stochasticDepthDropsTrainedResidualBlocksTheDeeperTheMore() {
    NetworkDesign design =
        NetworkDesign.of(
            EfficientNetLite0.network(),
            96,
            Preprocessing.ZERO_ONE,
            "blocks.13",
            List.of(),
            Scaling.NONE,
            List.of());
    assertThat(design.trainsResidualBlocks()).isTrue();
    // Blocks 13 and 14 are stages 15 and 16 of 18; block 15 has no shortcut.
    assertThat(design.withStochasticDepth(0.18).graph().steps().stream().map(Step::layer))
        .filteredOn(Layer.Dropout.class::isInstance)
        .containsExactly(
            new Layer.Dropout("blocks.13.drop", 0.18 * 15 / 18, true),
            new Layer.Dropout("blocks.14.drop", 0.18 * 16 / 18, true));
    assertThat(design.withStochasticDepth(0)).isSameAs(design);
  }

  @Test
  void unknownStagesAreRejected() {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> vgg16("block6_conv1", List.of(), Scaling.NONE, 0))
        .withMessageStartingWith("vgg16 has no stage block6_conv1; its stages are block1_conv1, ");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> vgg16("none", List.of("block5"), Scaling.NONE, 0))
        .withMessageStartingWith("vgg16 has no stage block5; its stages are block1_conv1, ");
  }

  @Test
  void headHasNoLayersForZeroValues() {
    assertThat(NetworkDesign.head(512, 0, 0, 0.5, 10))
        .containsExactly(new Layer.Dense("head_classes", 512, 10));
    assertThat(NetworkDesign.head(512, 1024, 0, 0, 10))
        .containsExactly(
            new Layer.Dense("head_hidden", 512, 1024),
            new Layer.Relu("head_relu"),
            new Layer.Dense("head_classes", 1024, 10));
    assertThat(NetworkDesign.head(512, 1024, 0.3, 0.5, 10))
        .containsExactly(
            new Layer.Dropout("head_input_dropout", 0.3),
            new Layer.Dense("head_hidden", 512, 1024),
            new Layer.Relu("head_relu"),
            new Layer.Dropout("head_dropout", 0.5),
            new Layer.Dense("head_classes", 1024, 10));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 1.1, Double.NaN})
  void powerOutsideItsRangeIsRejected(double power) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Scaling(power, true));
  }

  private static List<String> scalingSteps(Scaling scaling) {
    return vgg16("none", List.of(), scaling, 0).graph().steps().stream()
        .map(Step::name)
        .filter(name -> name.startsWith("scaling"))
        .toList();
  }

  /** Returns the activations at the freeze boundary, in the order of a record. */
  private static Map<String, Shape> crossing(NetworkDesign design) {
    Map<String, Shape> crossing = new LinkedHashMap<>();
    design
        .graph()
        .crossing(design.cut())
        .forEach(name -> crossing.put(name, design.graph().shapes().get(name)));
    return crossing;
  }

  private static NetworkDesign vgg16(
      String unfreeze, List<String> features, Scaling scaling, int hidden) {
    boolean known = VGG16.stages().stream().map(Stage::name).toList().containsAll(features);
    int width = known ? NetworkDesign.featureWidth(VGG16, 32, features) : 1;
    return NetworkDesign.of(
        VGG16,
        32,
        Preprocessing.CAFFE,
        unfreeze,
        features,
        scaling,
        NetworkDesign.head(width, hidden, 0, 0, 10));
  }
}
