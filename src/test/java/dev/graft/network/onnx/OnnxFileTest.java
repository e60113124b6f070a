package dev.graft.network.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Layer.BatchNorm;
import dev.graft.network.Layer.Conv2d;
import dev.graft.network.Layer.Dropout;
import dev.graft.network.Layer.MaxPool;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Layer.Relu;
import dev.graft.network.Layer.Relu6;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.SmallCnn;
import dev.graft.network.Stage;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import dev.graft.network.djl.GraphBlock;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares networks in ONNX Runtime with the same networks in DJL. */
@Tag("engine")
class OnnxFileTest {
  private static final Precision FLOAT32 = new Precision.Float32();

  /**
   * Every kind of layer, in two variants, except {@link Layer.Flatten}, which the small CNN has.
   */
  static final BackboneSpec TINY =
      new BackboneSpec(
          "tiny",
          List.of(
              Stage.of(
                  "a",
                  new Conv2d("a", 3, 4, 3, 2, Padding.SAME, 1, false),
                  new BatchNorm("a_norm", 4, 1e-3),
                  new Relu6("a_relu6")),
              Stage.residual(
                  "b",
                  List.of(
                      new BatchNorm("b_norm", 4, 1e-5),
                      new Relu("b_relu"),
                      new Conv2d("b1", 4, 4, 3, 1, Padding.SAME, 4))),
              Stage.of(
                  "c",
                  new MaxPool("c", 3, 2, Padding.SAME),
                  new Dropout("c_dropout", 0.5),
                  new Conv2d("c1", 4, 6, 2, 1, Padding.VALID, 2),
                  new BatchNorm("c_norm", 6, 1e-3))),
          List.of("a", "b", "c"),
          9);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
    manager.getEngine().setRandomSeed(1);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static NetworkDesign design(
      BackboneSpec network, int side, Preprocessing preprocessing, Scaling s) {
    int width = NetworkDesign.featureWidth(network, side, List.of());
    String unfreeze = network.stages().get(1).name();
    List<Layer> head = NetworkDesign.head(width, 5, 0.3, 0.5, 3);
    return NetworkDesign.of(network, side, preprocessing, unfreeze, List.of(), s, head);
  }

  /** Creates a network with random weights and random measured values. */
  static GraphBlock random(Graph graph, NDManager manager) {
    GraphBlock whole = GraphBlock.of(graph);
    whole.initialize(manager, DataType.FLOAT32, new Shape(1).addAll(graph.pixels()));
    Random random = new Random(2);
    for (Map.Entry<Weight, Parameter> each : whole.byWeight().entrySet()) {
      NDArray array = each.getValue().getArray();
      float[] values = array.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (each.getKey().role()) {
              case VARIANCE, DEVIATION, GAMMA -> 0.5f + random.nextFloat();
              case MEAN, BETA, BIAS -> (float) random.nextGaussian() / 4;
              default -> values[i];
            };
      }
      array.set(values);
    }
    return whole;
  }

  static byte[] pixels(int n, int side) {
    byte[] pixels = new byte[n * 3 * side * side];
    new Random(3).nextBytes(pixels);
    return pixels;
  }

  /** Returns the outputs of a block, one after the other. */
  List<float[]> inDjl(GraphBlock block, byte[] pixels, Shape shape) {
    NDArray input =
        manager
            .create(ByteBuffer.wrap(pixels), shape, DataType.UINT8)
            .toType(DataType.FLOAT32, true);
    return block.forward(new ParameterStore(manager, false), new NDList(input), false).stream()
        .map(NDArray::toFloatArray)
        .toList();
  }

  static List<float[]> inOnnxRuntime(byte[] model, ByteBuffer pixels, int n) {
    try (OnnxSession session = OnnxSession.open(model)) {
      return session.run(pixels, n).stream().map(OnnxFileTest::values).toList();
    }
  }

  private static float[] values(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  static ByteBuffer direct(byte[] pixels) {
    return ByteBuffer.allocateDirect(pixels.length).put(pixels).flip();
  }

  static ByteBuffer directFloats(byte[] pixels) {
    ByteBuffer floats = ByteBuffer.allocateDirect(4 * pixels.length).order(ByteOrder.nativeOrder());
    for (byte pixel : pixels) {
      floats.putFloat(pixel & 0xff);
    }
    return floats.flip();
  }

  /** Asserts a maximum difference, relative to the maximum magnitude of each output. */
  static void assertAlike(List<float[]> actual, List<float[]> expected, double most) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int k = 0; k < actual.size(); k++) {
      assertThat(actual.get(k)).hasSameSizeAs(expected.get(k));
      float greatest = 0;
      float difference = 0;
      for (int i = 0; i < actual.get(k).length; i++) {
        greatest = Math.max(greatest, Math.abs(expected.get(k)[i]));
        difference = Math.max(difference, Math.abs(actual.get(k)[i] - expected.get(k)[i]));
      }
      assertThat(greatest).isPositive();
      assertThat((double) difference / greatest).as("output %d", k).isLessThan(most);
    }
  }

  private static byte[] model(
      Graph graph, List<String> outputs, GraphBlock weights, PixelType type) {
    return OnnxFile.of(graph, outputs, weights.weights(), FLOAT32, type, Map.of()).bytes();
  }

  @ParameterizedTest
  @EnumSource
  void probabilitiesEqualThoseOfDjlForBytesAndFloats(PixelType type) {
    for (Preprocessing each : List.of(Preprocessing.CAFFE, Preprocessing.TORCHVISION)) {
      Graph graph = design(TINY, 9, each, new Scaling(0.5, true)).graph();
      GraphBlock whole = random(graph, manager);
      byte[] pixels = pixels(5, 9);
      ByteBuffer input = type == PixelType.UINT8 ? direct(pixels) : directFloats(pixels);
      byte[] model = model(graph, List.of("probabilities"), whole, type);
      assertAlike(
          inOnnxRuntime(model, input, 5), inDjl(whole, pixels, new Shape(5, 3, 9, 9)), 1e-5);
    }
  }

  @Test
  void theFrozenPartEqualsDjlAtEveryCut() {
    Graph graph = design(TINY, 9, Preprocessing.CAFFE, new Scaling(0.5, true)).graph();
    GraphBlock whole = random(graph, manager);
    byte[] pixels = pixels(2, 9);
    for (int cut = 1; cut <= graph.size(); cut++) {
      byte[] model = model(graph, graph.crossing(cut), whole, PixelType.UINT8);
      assertAlike(
          inOnnxRuntime(model, direct(pixels), 2),
          inDjl(whole.sharingWeights(graph, 0, cut), pixels, new Shape(2, 3, 9, 9)),
          1e-5);
    }
  }

  /** The kernel is larger than the image, so that a dense layer is written. */
  @ParameterizedTest
  @CsvSource({"2, 2, 3, 1, SAME", "2, 2, 3, 2, SAME", "3, 2, 5, 2, SAME", "1, 1, 3, 1, SAME"})
  void aConvolutionOfASmallImageEqualsDjl(
      int height, int width, int kernel, int stride, Padding padding) throws Exception {
    Conv2d convolution = new Conv2d("c", 3, 5, kernel, stride, padding, 1);
    Graph graph = new Graph(new Shape(3, height, width), List.of(Step.of(convolution, "pixels")));
    GraphBlock whole = random(graph, manager);
    byte[] pixels = Arrays.copyOf(pixels(2, 3), 2 * 3 * height * width);
    byte[] model = model(graph, List.of("c"), whole, PixelType.FLOAT32);

    assertAlike(
        inOnnxRuntime(model, directFloats(pixels), 2),
        inDjl(whole, pixels, new Shape(2, 3, height, width)),
        1e-5);
    assertThat(ModelProto.parseFrom(model).getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .containsExactly("Reshape", "Gemm", "Reshape");
  }

  @Test
  void theSmallCnnEqualsDjl() {
    Graph graph = design(SmallCnn.network(), 32, Preprocessing.ZERO_ONE, Scaling.NONE).graph();
    GraphBlock whole = random(graph, manager);
    byte[] pixels = pixels(3, 32);
    byte[] model = model(graph, List.of("probabilities"), whole, PixelType.UINT8);
    assertAlike(
        inOnnxRuntime(model, direct(pixels), 3),
        inDjl(whole, pixels, new Shape(3, 3, 32, 32)),
        1e-5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16", "efficientnet-lite0"})
  void featuresOfTheBundledWeightsEqualDjl(String id) {
    BackboneInfo entry = BackboneInfo.of(id);
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            entry, "pretrained", entry.inputSize().small(), Device.cpu(), Progress.Display.NONE)) {
      Graph graph = features(backbone, entry.inputSize().small());
      byte[] pixels = pixels(2, entry.inputSize().small());
      byte[] model = model(graph, List.of("features"), backbone.trunk(), PixelType.UINT8);
      assertAlike(
          inOnnxRuntime(model, direct(pixels), 2),
          inDjl(
              backbone.trunk().sharingWeights(graph, 0, graph.size()),
              pixels,
              new Shape(2, 3, entry.inputSize().small(), entry.inputSize().small())),
          1e-4);
    }
  }

  static Graph features(LoadedBackbone backbone, int side) {
    return NetworkDesign.of(
            backbone.network(),
            side,
            backbone.preprocessing(),
            NetworkDesign.NONE,
            List.of(),
            Scaling.NONE,
            List.of())
        .graph();
  }

  @Test
  void valuesOfAnImageDoNotDependOnTheOthersOfItsBatch() {
    Graph graph = design(TINY, 9, Preprocessing.LITE, new Scaling(0.5, true)).graph();
    byte[] model = model(graph, List.of("features"), random(graph, manager), PixelType.UINT8);
    byte[] pixels = pixels(4, 9);
    List<float[]> rows = new ArrayList<>();
    for (int other = 0; other < 2; other++) {
      pixels[pixels.length - 1 - other] ^= 1;
      float[] all = inOnnxRuntime(model, direct(pixels), 4).get(0);
      rows.add(Arrays.copyOf(all, all.length / 2));
    }
    assertThat(rows.get(0)).containsExactly(rows.get(1));
  }

  @Test
  void aFileThatIsNotAModelIsRejectedWithASentence() {
    assertThat(OnnxSession.isAvailable()).isTrue();
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> OnnxSession.open(new byte[] {1, 2, 3}))
        .withMessageStartingWith("ONNX Runtime can't open this network: ")
        .withMessageEndingWith(".");
  }
}
