package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Adapter;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** External networks in int8: a small transformer and a small residual network. */
@Tag("engine")
class ModelQuantizerTest {
  private static final int SIDE = 32;
  private static final int PIXELS = 3 * SIDE * SIDE;
  private static final int WIDTH = 64;
  private static final int TOKENS = 16;
  private static final Weights NONE = weight -> new float[weight.size()];
  private static final List<Long> ROW = List.of((long) WIDTH);

  @TempDir private Path folder;
  private final Random random = new Random(1);

  private float[] gaussians(int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private String floats(OnnxGraph graph, String name, double deviation, Integer... shape) {
    List<Long> lengths = Arrays.stream(shape).map(Integer::longValue).toList();
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return graph.floats(name, lengths, gaussians(count, deviation));
  }

  private String conv(OnnxGraph graph, String name, String input, int in, int out, int group) {
    String kernel =
        floats(graph, name + ".w", 1 / Math.sqrt(9.0 * in / group), out, in / group, 3, 3);
    return graph.node(
        "Conv",
        name,
        List.of(input, kernel, floats(graph, name + ".b", 0.1, out)),
        attribute("group", group),
        attribute("pads", List.of(1L, 1L, 1L, 1L)));
  }

  private String norm(OnnxGraph graph, String input, int channels) {
    List<Long> shape = List.of((long) channels);
    float[] scale = new float[channels];
    float[] variance = new float[channels];
    for (int i = 0; i < channels; i++) {
      scale[i] = 0.5f + random.nextFloat();
      variance[i] = 0.5f + random.nextFloat();
    }
    return graph.node(
        "BatchNormalization",
        input + "_bn",
        List.of(
            input,
            graph.floats(input + ".gamma", shape, scale),
            floats(graph, input + ".beta", 0.2, channels),
            floats(graph, input + ".mean", 0.2, channels),
            graph.floats(input + ".variance", shape, variance)));
  }

  /** Two blocks, with normalization, ReLU, ReLU6, grouped kernels, pooling and a sum. */
  private OnnxGraph residual() {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", DataType.FLOAT, 3, SIDE, SIDE);
    String x = graph.node("Relu", "stem_relu", List.of(conv(graph, "stem", "x", 3, 16, 1)));
    String a = norm(graph, conv(graph, "a", x, 16, 32, 1), 32);
    a = graph.node("Relu", "a_relu", List.of(a));
    String b = conv(graph, "int8/b", a, 32, 32, 32);
    String six = graph.scalar("six", 6);
    b = graph.node("Clip", "b_clip", List.of(b, graph.scalar("zero", 0), six));
    b = conv(graph, "c", b, 32, 32, 1);
    String sum = graph.node("Relu", "sum_relu", List.of(graph.node("Add", "sum", List.of(a, b))));
    String d = graph.node("Relu", "d_relu", List.of(conv(graph, "d", sum, 32, 32, 1)));
    String pooled =
        graph.node("MaxPool", "pooled", List.of(d), attribute("kernel_shape", List.of(2L, 2L)));
    String last = conv(graph, "last", pooled, 32, 64, 1);
    String average = graph.node("GlobalAveragePool", "average", List.of(last));
    graph.node("Flatten", "features", List.of(average), attribute("axis", 1));
    return graph;
  }

  private String normalized(OnnxGraph graph, String name, String input, boolean operator) {
    float[] gamma = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      gamma[i] = i % 20 == 0 ? 12 : 0.5f + random.nextFloat(); // outliers, as in large transformers
    }
    String scale = graph.floats(name + ".gamma", ROW, gamma);
    String shift = floats(graph, name + ".beta", 0.1, WIDTH);
    if (operator) {
      return graph.node("LayerNormalization", name, List.of(input, scale, shift));
    }
    String mean = mean(graph, name + ".mean", input);
    String centered = graph.node("Sub", name + ".centered", List.of(input, mean));
    String squares = graph.node("Mul", name + ".squares", List.of(centered, centered));
    String variance = mean(graph, name + ".variance", squares);
    String safe =
        graph.node("Add", name + ".safe", List.of(variance, graph.scalar(name + ".e", 1e-6f)));
    String deviation = graph.node("Sqrt", name + ".deviation", List.of(safe));
    String unit = graph.node("Div", name + ".unit", List.of(centered, deviation));
    return graph.node(
        "Add", name, List.of(graph.node("Mul", name + ".scaled", List.of(unit, scale)), shift));
  }

  private static String mean(OnnxGraph graph, String name, String input) {
    return graph.node("ReduceMean", name, List.of(input), attribute("axes", List.of(-1L)));
  }

  private String linear(OnnxGraph graph, String name, String input, int in, int out) {
    String matrix = floats(graph, name + ".w", 1 / Math.sqrt(in), in, out);
    String product = graph.node("MatMul", name + ".product", List.of(input, matrix));
    return graph.node("Add", name, List.of(floats(graph, name + ".b", 0.1, out), product));
  }

  /** A block with attention of one head, and a dense layer on the first token. */
  private OnnxGraph transformer(boolean operator) {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", DataType.FLOAT, 3, SIDE, SIDE);
    String patches = floats(graph, "patches.w", 0.08, WIDTH, 3, 8, 8);
    List<Long> stride = List.of(8L, 8L);
    String x = graph.node("Conv", "patches", List.of("x", patches), attribute("strides", stride));
    x = graph.node("Reshape", "flat", List.of(x, graph.longs("shape", 0, WIDTH, TOKENS)));
    x = graph.node("Transpose", "tokens", List.of(x), attribute("perm", List.of(0L, 2L, 1L)));
    String y = normalized(graph, "ln1", x, operator);
    String query = linear(graph, "q", y, WIDTH, WIDTH);
    String key = linear(graph, "k", y, WIDTH, WIDTH);
    String value = linear(graph, "v", y, WIDTH, WIDTH);
    key = graph.node("Transpose", "kt", List.of(key), attribute("perm", List.of(0L, 2L, 1L)));
    String scores = graph.node("MatMul", "scores", List.of(query, key));
    scores = graph.node("Mul", "scaled", List.of(scores, graph.scalar("root", 0.01f)));
    scores = graph.node("Softmax", "weights", List.of(scores), attribute("axis", 2));
    String mixed = graph.node("MatMul", "mixed", List.of(scores, value));
    x = graph.node("Add", "res1", List.of(x, linear(graph, "proj", mixed, WIDTH, WIDTH)));
    y = linear(graph, "fc1", normalized(graph, "ln2", x, operator), WIDTH, 4 * WIDTH);
    y = graph.node("Mul", "gelu", List.of(y, graph.node("Sigmoid", "sigmoid", List.of(y))));
    x = graph.node("Add", "res2", List.of(x, linear(graph, "fc2", y, 4 * WIDTH, WIDTH)));
    String first =
        graph.node("Gather", "cls", List.of(x, graph.longs("zero", 0)), attribute("axis", 1));
    first = graph.node("Flatten", "row", List.of(first), attribute("axis", 1));
    String matrix = floats(graph, "pool.w", 1 / Math.sqrt(WIDTH), WIDTH, WIDTH);
    graph.node(
        "Gemm",
        "features",
        List.of(first, matrix, floats(graph, "pool.b", 0.1, WIDTH)),
        attribute("alpha", 0.5f),
        attribute("transB", 1));
    return graph;
  }

  private Path write(OnnxGraph graph, int opset) throws IOException {
    graph.outputOfUnknownShape("features");
    ModelProto.Builder model = ModelProto.parseFrom(graph.file(Map.of()).bytes()).toBuilder();
    model.getOpsetImportBuilder(0).setVersion(opset);
    return Files.write(folder.resolve("backbone.onnx"), model.build().toByteArray());
  }

  private static Graph graph(Path file) {
    Adapter adapter = Adapter.of(List.of(List.of((long) WIDTH)));
    Layer external = new Layer.External("external", file, Layer.External.Format.ONNX, "", adapter);
    List<Float> mean = List.of(120f, 118f, 110f);
    List<Float> deviation = List.of(60f, 61f, 62f);
    Layer normalize = new Layer.Normalize("normalize", ChannelOrder.RGB, mean, deviation);
    return new Graph(
        new Shape(3, SIDE, SIDE),
        List.of(Step.of(normalize, Graph.PIXELS), Step.of(external, "normalize")));
  }

  private static OnnxFile file(Graph graph, Precision precision) {
    return OnnxFile.of(graph, List.of("external"), NONE, precision, PixelType.UINT8, Map.of());
  }

  /** Smooth images, as photographs are, of random colors. */
  private static ByteBuffer images(int count, int seed) {
    Random random = new Random(seed);
    ByteBuffer pixels = ByteBuffer.allocateDirect(count * PIXELS);
    for (int image = 0; image < count; image++) {
      for (int channel = 0; channel < 3; channel++) {
        double base = 60 + 130 * random.nextDouble();
        double frequency = 3 * random.nextDouble();
        double phase = 6 * random.nextDouble();
        for (int i = 0; i < SIDE * SIDE; i++) {
          double wave = Math.sin(phase + frequency * (i % SIDE + 2.0 * i / SIDE) / 5);
          pixels.put((byte) (base + 50 * wave + 10 * random.nextDouble()));
        }
      }
    }
    return pixels.flip();
  }

  private static Precision.Int8 calibrated(Graph graph) {
    Ranges ranges =
        RangeCalibrator.ranges(
            graph, List.of("external"), NONE, 2, List.of(images(8, 1), images(5, 2)).iterator());
    return new Precision.Int8(ranges, 2);
  }

  private static float[] run(OnnxFile file, ByteBuffer pixels) {
    try (OnnxSession session = file.open()) {
      FloatBuffer values = session.run(pixels, pixels.remaining() / PIXELS).get(0);
      float[] array = new float[values.remaining()];
      values.get(array);
      return array;
    }
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      first += (double) a[i] * a[i];
      second += (double) b[i] * b[i];
    }
    return product / Math.sqrt(first * second);
  }

  /** Returns the numbers of nodes by operator. */
  private static Map<String, Long> operators(OnnxFile file) throws IOException {
    return ModelProto.parseFrom(file.bytes()).getGraph().getNodeList().stream()
        .collect(Collectors.groupingBy(NodeProto::getOpType, Collectors.counting()));
  }

  private static List<TensorProto> weights(OnnxFile file, DataType type) throws IOException {
    List<TensorProto> found = new ArrayList<>();
    for (TensorProto each : ModelProto.parseFrom(file.bytes()).getGraph().getInitializerList()) {
      if (each.getDataType() == type.getNumber() && each.getDimsCount() > 1) {
        found.add(each);
      }
    }
    return found;
  }

  private void isClose(Graph graph, OnnxFile int8) {
    ByteBuffer images = images(7, 3);
    float[] expected = run(file(graph, new Precision.Float32()), images);
    float[] actual = run(int8, images);
    assertThat(actual).hasSize(7 * WIDTH).isNotEqualTo(expected);
    assertThat(cosine(expected, actual)).isGreaterThan(0.99);
    ByteBuffer others = ByteBuffer.allocateDirect(7 * PIXELS);
    others.put(images.slice(0, PIXELS)).put(images(6, 4));
    assertThat(Arrays.copyOf(run(int8, others.flip()), WIDTH))
        .as("the first image in another batch")
        .isEqualTo(Arrays.copyOf(actual, WIDTH));
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12, 13, 17, 21})
  void convolutionsAreInt8InEveryOpset(int opset) throws IOException {
    Graph graph = graph(write(residual(), opset));
    Precision.Int8 precision = calibrated(graph);
    assertThat(precision.ranges().byStep().keySet())
        .containsExactly(
            "external:a_relu",
            "external:b_clip",
            "external:c",
            "external:d_relu",
            "external:last",
            "external:pooled",
            "external:stem_relu",
            "external:sum_relu");
    OnnxFile int8 = file(graph, precision);
    isClose(graph, int8);
    assertThat(weights(int8, DataType.INT8)).hasSize(5);
    assertThat(weights(int8, DataType.FLOAT).stream().map(TensorProto::getName))
        .contains("external/stem.w")
        .noneMatch(name -> name.matches("external/(a|int8/b|c|d|last)\\.w"));
    assertThat(operators(int8))
        .doesNotContainKeys("BatchNormalization", "Clip")
        .containsEntry("Relu", 1L) // of the first convolution, which reads pixels
        .containsEntry("QuantizeLinear", 8L);
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 13, 17})
  void matricesAreInt8AndAttentionIsNot(int opset) throws IOException {
    Graph graph = graph(write(transformer(opset >= 17), opset));
    OnnxFile int8 = file(graph, calibrated(graph));
    isClose(graph, int8);
    assertThat(weights(int8, DataType.INT8).stream().map(TensorProto::getName))
        .containsExactlyInAnyOrder(
            "external/int8/q.product.weights.int8",
            "external/int8/k.product.weights.int8",
            "external/int8/v.product.weights.int8",
            "external/int8/proj.product.weights.int8",
            "external/int8/fc1.product.weights.int8",
            "external/int8/fc2.product.weights.int8",
            "external/int8/features.weights.int8");
    for (TensorProto each : weights(int8, DataType.INT8)) {
      for (byte weight : each.getRawData().toByteArray()) {
        assertThat(Math.abs(weight)).isLessThanOrEqualTo(63);
      }
    }
    // ln1, mixed, ln2, gelu, row; one reader each, or three of ln1.
    assertThat(operators(int8)).containsEntry("QuantizeLinear", 5L).doesNotContainKey("Gemm");
    assertThat(int8.size()).isLessThan(file(graph, new Precision.Float32()).size() / 2);
  }

  @Test
  void outliersOfANormalizationMoveIntoTheWeights() throws IOException {
    Graph graph = graph(write(transformer(true), 17));
    Precision.Int8 precision = calibrated(graph);
    Ranges.Range range = precision.ranges().of("external:ln2");
    assertThat(range.minima()).hasSize(WIDTH);
    assertThat(range.min()).isEqualTo(range.minima().stream().min(Float::compare).orElseThrow());
    assertThat(range.max()).isEqualTo(range.maxima().stream().max(Float::compare).orElseThrow());
    GraphProto written = ModelProto.parseFrom(file(graph, precision).bytes()).getGraph();
    TensorProto step =
        written.getInitializerList().stream()
            .filter(each -> each.getName().equals("external/int8/ln2.scale"))
            .findFirst()
            .orElseThrow();
    float smooth =
        step.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getFloat();
    assertThat(smooth).isLessThan((range.max() - range.min()) / 255 / 2);
    assertThat(Ranges.ofJson(precision.ranges().json())).isEqualTo(precision.ranges());
  }

  @Test
  void weightsInALargeConstantOfTheFileAreRead() throws IOException {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", DataType.FLOAT, 3, SIDE, SIDE);
    String x = graph.node("Relu", "stem_relu", List.of(conv(graph, "stem", "x", 3, 64, 1)));
    x = graph.node("Relu", "wide", List.of(conv(graph, "w", x, 64, 512, 1))); // 1.2 MB
    x = conv(graph, "last", x, 512, WIDTH, 1);
    x = graph.node("GlobalAveragePool", "average", List.of(x));
    graph.node("Flatten", "features", List.of(x), attribute("axis", 1));
    Path file = write(graph, 17);
    assertThat(ModelSkeleton.read(file).fileBacked()).hasSize(2);
    isClose(graph(file), file(graph(file), calibrated(graph(file))));
  }

  @Test
  void whatIsQuantizedAlreadyIsRejected() throws IOException {
    Graph graph = graph(write(residual(), 17));
    byte[] int8 = file(graph, calibrated(graph)).bytes();
    Path again = Files.write(folder.resolve("int8.onnx"), int8);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> OnnxFile.int8Products(again))
        .withMessage("it is quantized already (it has the operator QuantizeLinear)");
  }

  @Test
  void aNetworkWithoutWeightsInFloat32IsRejected() throws IOException {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", DataType.FLOAT, 3, SIDE, SIDE);
    String average =
        graph.node("GlobalAveragePool", "average", List.of(conv(graph, "stem", "x", 3, WIDTH, 1)));
    graph.node("Flatten", "features", List.of(average), attribute("axis", 1));
    Path file = write(graph, 17);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> OnnxFile.int8Products(file))
        .withMessage(
            "none of its convolutions and matrix products, after the first, has constant float32"
                + " weights");
    assertThat(OnnxFile.int8Products(write(residual(), 17))).isEqualTo(5);
  }
}
