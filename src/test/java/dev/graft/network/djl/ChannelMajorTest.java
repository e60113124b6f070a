package dev.graft.network.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.graft.engine.Bfloat16;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Stage;
import dev.graft.network.Step;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trained parts as matrix products, compared with the engine's own layers. */
@Tag("engine")
class ChannelMajorTest {
  private static final int IMAGES = 3;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
    manager.getEngine().setRandomSeed(3);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** The outputs of a block, and the gradients of its input and weights. */
  private Map<String, float[]> results(GraphBlock block, NDArray input, NDArray factors) {
    Map<String, float[]> results = new LinkedHashMap<>();
    trained(block).forEach((name, array) -> array.setRequiresGradient(true));
    input.setRequiresGradient(true);
    RandomBlock.seed(block, 11);
    try (NDManager pass = manager.newSubManager();
        GradientCollector gradients = manager.getEngine().newGradientCollector()) {
      // Not mul(1): DJL frees the number, which the backward pass reads.
      NDArray x = input.mul(manager.ones(new Shape(1)));
      x.attach(pass);
      ParameterStore parameters = new ParameterStore(pass, false);
      NDArray output = block.forward(parameters, new NDList(x), true).singletonOrThrow();
      results.put("output", output.toFloatArray());
      NDArray scaled = output.mul(factors);
      gradients.backward(scaled.sum());
    }
    results.put("input", input.getGradient().toFloatArray());
    trained(block)
        .forEach(
            (name, array) -> {
              results.put(name, array.getGradient().toFloatArray());
              array.getGradient().subi(array.getGradient()); // which the next pass adds to
            });
    input.getGradient().subi(input.getGradient());
    return results;
  }

  private static Map<String, NDArray> trained(GraphBlock block) {
    Map<String, NDArray> trained = new LinkedHashMap<>();
    block
        .byWeight()
        .forEach(
            (weight, parameter) -> {
              if (!weight.role().isMeasured()) {
                trained.put(weight.name(), parameter.getArray());
              }
            });
    return trained;
  }

  private void assertSame(Shape input, Stage stage) {
    assertSame(input, stage, Arithmetic.ENGINE, 1e-5f);
    try (Arithmetic fastest = Arithmetic.open(Device.cpu(), false)) {
      assertSame(input, stage, fastest, 1e-5f);
    }
  }

  /** Compares all results, and returns their largest differences. */
  private Map<String, float[]> assertSame(
      Shape input, Stage stage, Arithmetic arithmetic, float precision) {
    return assertSame(new Graph(input, stage.steps(Graph.PIXELS)), arithmetic, precision);
  }

  private Map<String, float[]> assertSame(Graph graph, Arithmetic arithmetic, float precision) {
    Map<String, float[]> differences = new LinkedHashMap<>();
    Shape input = graph.pixels();
    GraphBlock engine = GraphBlock.of(graph);
    engine.initialize(manager, DataType.FLOAT32, new Shape(1).addAll(input));
    engine
        .byWeight()
        .forEach(
            (weight, parameter) -> {
              Shape shape = parameter.getArray().getShape();
              ParameterWriter.set(parameter, manager.randomUniform(0.1f, 0.9f, shape));
            });
    NDArray x = manager.randomNormal(0, 1, new Shape(IMAGES).addAll(input), DataType.FLOAT32);
    Shape output = engine.getOutputShapes(new Shape[] {new Shape(IMAGES).addAll(input)})[0];
    NDArray factors = manager.randomUniform(-0.1f, 0.1f, output);
    Map<String, float[]> expected = results(engine, x, factors);
    Map<String, float[]> actual = results(engine.channelMajor(0, arithmetic), x, factors);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          float largest = 0;
          for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
          }
          assertThat(largest).as(name).isPositive();
          assertThat(actual.get(name))
              .as(name)
              .usingComparatorWithPrecision(precision * largest)
              .containsExactly(values);
          float difference = 0;
          for (int i = 0; i < values.length; i++) {
            difference = Math.max(difference, Math.abs(actual.get(name)[i] - values[i]));
          }
          differences.put(name, new float[] {difference});
        });
    return differences;
  }

  @ParameterizedTest
  @CsvSource({
    // side, in, out, kernel, stride, groups, padding, method
    "3, 6, 5, 1, 1, 1, SAME, POINTWISE",
    "3, 6, 6, 5, 1, 6, SAME, PER_CHANNEL",
    "6, 6, 6, 5, 2, 6, SAME, PER_CHANNEL",
    "7, 4, 4, 3, 1, 4, SAME, PER_CHANNEL",
    "5, 4, 4, 3, 2, 4, VALID, PER_CHANNEL",
    "14, 4, 4, 5, 2, 4, SAME, PER_CHANNEL",
    "2, 4, 5, 3, 1, 1, SAME, PER_PIXEL_PAIR",
    "4, 4, 5, 3, 1, 1, SAME, UNFOLDED",
    "3, 4, 5, 3, 2, 1, SAME, UNFOLDED",
    "4, 4, 5, 1, 2, 1, SAME, UNFOLDED",
    "20, 4, 4, 3, 1, 4, SAME, ENGINE",
    "4, 4, 4, 3, 1, 2, SAME, ENGINE",
    "9, 4, 5, 3, 1, 1, VALID, ENGINE"
  })
  void convolutionsEqualTheEnginesAndSoDoTheirGradients(
      int side,
      int in,
      int out,
      int kernel,
      int stride,
      int groups,
      Padding padding,
      ConvolutionMethod method) {
    Conv2d layer = new Conv2d("conv", in, out, kernel, stride, padding, groups);
    Shape input = new Shape(in, side, side);
    assertThat(ConvolutionMethod.of(layer, input)).isEqualTo(method);
    assertSame(input, Stage.of("stage", layer));
  }

  @Test
  void anInvertedResidualBlockEqualsTheEngines() {
    assertSame(
        new Shape(4, 3, 3),
        Stage.residual(
            "block",
            List.of(
                new Conv2d("expand", 4, 8, 1, 1, Padding.SAME, 1),
                new Layer.Relu6("relu6"),
                new Conv2d("depthwise", 8, 8, 5, 1, Padding.SAME, 8, false),
                new Layer.BatchNorm("norm", 8, 1e-3),
                new Layer.Relu("relu"),
                new Conv2d("project", 8, 4, 1, 1, Padding.SAME, 1))));
  }

  /** With this seed, the first and the last of three images keep the block. */
  @Test
  void aBlockThatIsSkippedForSomeImagesEqualsTheEngines() {
    assertSame(
        new Shape(4, 3, 3),
        Stage.residual(
            "block",
            List.of(
                new Conv2d("conv", 4, 4, 1, 1, Padding.SAME, 1),
                new Layer.Dropout("drop", 0.5, true))));
  }

  @ParameterizedTest
  @CsvSource({
    // side, groups, kernel, bias: each way to compute a convolution
    "3, 1, 1, false",
    "3, 6, 5, true",
    "2, 1, 3, true",
    "4, 1, 3, false",
  })
  void aNormalizationAndAnActivationComputedWithAConvolutionEqualTheEngines(
      int side, int groups, int kernel, boolean bias) {
    Conv2d convolution = new Conv2d("conv", 6, 6, kernel, 1, Padding.SAME, groups, bias);
    Layer.BatchNorm norm = new Layer.BatchNorm("norm", 6, 1e-3);
    Shape input = new Shape(6, side, side);
    assertSame(input, Stage.of("stage", convolution, norm));
    assertSame(input, Stage.of("stage", convolution, new Layer.Relu6("relu6")));
    assertSame(input, Stage.of("stage", convolution, norm, new Layer.Relu("relu")));
    assertSame(input, Stage.of("stage", convolution, new Layer.Relu("relu"), norm));
    // The block's input is read twice: by the convolution and by the addition.
    assertSame(
        input, Stage.residual("stage", List.of(norm, convolution, new Layer.Relu6("relu6"))));
  }

  @Test
  void aConvolutionThatIsReadTwiceIsNotNormalizedInPlace() {
    Conv2d first = new Conv2d("first", 4, 4, 1, 1, Padding.SAME, 1);
    Graph graph =
        new Graph(
            new Shape(4, 3, 3),
            List.of(
                Step.of(first, Graph.PIXELS),
                Step.of(new Layer.BatchNorm("norm", 4, 1e-3), "first"),
                Step.of(new Layer.Relu6("relu6"), "norm"),
                Step.of(new Layer.Add("add"), "first", "relu6")));
    assertSame(graph, Arithmetic.ENGINE, 1e-5f);
    try (Arithmetic fastest = Arithmetic.open(Device.cpu(), false)) {
      assertSame(graph, fastest, 1e-5f);
    }
  }

  @Test
  void averagesAndPoolingEqualTheEngines() {
    assertSame(
        new Shape(4, 5, 5),
        Stage.of(
            "stage",
            new Conv2d("conv", 4, 6, 1, 1, Padding.SAME, 1),
            new Layer.MaxPool("pool", 2),
            new Conv2d("next", 6, 6, 3, 1, Padding.SAME, 1),
            new Layer.GlobalAveragePool("average"),
            new Layer.Dense("dense", 6, 3)));
  }

  /** bfloat16 has 8 bits of precision, so that each factor is rounded by at most 1/256. */
  @ParameterizedTest
  @CsvSource({"2, 3", "3, 3", "3, 1", "4, 3"})
  void bfloat16AgreesToTwoDigits(int side, int kernel) {
    Assumptions.assumeTrue(Bfloat16.isPossible());
    Shape input = new Shape(8, side, side);
    Stage stage =
        Stage.of(
            "stage",
            new Conv2d("conv", 8, 6, kernel, 1, Padding.SAME, 1),
            new Conv2d("depthwise", 6, 6, 3, 1, Padding.SAME, 6),
            new Layer.GlobalAveragePool("average"),
            new Layer.Dense("dense", 6, 3));
    try (Arithmetic arithmetic = Arithmetic.open(Device.cpu(), true)) {
      Map<String, float[]> differences = assertSame(input, stage, arithmetic, 0.02f);
      assertThat(differences.get("output")[0]).as("of rounding").isPositive();
    }
  }

  /** Maps that only products read stay in bfloat16: here those of both ReLU6 layers. */
  @Test
  void bfloat16AgreesWhereActivationsAreBetweenProducts() {
    Assumptions.assumeTrue(Bfloat16.isPossible());
    Stage stage =
        Stage.of(
            "stage",
            new Conv2d("expand", 8, 6, 1, 1, Padding.SAME, 1, false),
            new Layer.BatchNorm("expand_norm", 6, 1e-3),
            new Layer.Relu6("expand_relu"),
            new Conv2d("depthwise", 6, 6, 3, 1, Padding.SAME, 6, false),
            new Layer.BatchNorm("depthwise_norm", 6, 1e-3),
            new Layer.Relu6("depthwise_relu"),
            new Conv2d("project", 6, 8, 1, 1, Padding.SAME, 1, false),
            new Layer.BatchNorm("project_norm", 8, 1e-3),
            new Layer.GlobalAveragePool("average"));
    try (Arithmetic arithmetic = Arithmetic.open(Device.cpu(), true)) {
      assertSame(new Shape(8, 3, 3), stage, arithmetic, 0.04f);
    }
  }

  @Test
  void flatteningKeepsTheOrderOfTheEngine() {
    assertSame(
        new Shape(4, 3, 3),
        Stage.of(
            "stage",
            new Conv2d("conv", 4, 6, 1, 1, Padding.SAME, 1),
            new Layer.Flatten("flat"),
            new Layer.Dense("dense", 54, 3)));
  }
}
