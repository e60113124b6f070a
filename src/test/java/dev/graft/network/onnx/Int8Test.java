package dev.graft.network.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageSet;
import dev.graft.image.Framing;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Step;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import dev.graft.network.djl.GraphBlock;
import dev.graft.util.Progress;
import dev.graft.zoo.BackboneInfo;
import dev.graft.zoo.LoadedBackbone;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The int8 frozen part. */
@Tag("engine")
class Int8Test {
  private static final List<String> FEATURES = List.of("features");
  private static final int IMAGES = 128;

  /** Images of the bundled sample, of all classes. */
  private static byte[] photographs(int first, int side) {
    ImageSet images = Cifar10Images.sample().images();
    ByteBuffer pixels = ByteBuffer.allocate(IMAGES * 3 * side * side);
    for (int i = 0; i < IMAGES; i++) {
      int row = first + i * (images.size() / IMAGES);
      pixels.put(Framing.WHOLE.planes(images.read(row, 0).orElseThrow(), side));
    }
    return pixels.array();
  }

  private static Iterator<ByteBuffer> batches(byte[] pixels) {
    return List.of(OnnxFileTest.direct(pixels)).iterator();
  }

  /** Compares the features in both precisions by their correlation. */
  @ParameterizedTest
  @CsvSource({"vgg16, 32, 0.997", "efficientnet-lite0, 64, 0.985"})
  void int8FeaturesCorrelateWithFloat32Features(String id, int side, double min) {
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            BackboneInfo.of(id), "pretrained", side, Device.cpu(), Progress.Display.NONE)) {
      Graph graph = OnnxFileTest.features(backbone, side);
      Weights weights = backbone.trunk().sharingWeights(graph, 0, graph.size()).weights();
      Ranges ranges =
          RangeCalibrator.ranges(
              graph, FEATURES, weights, graph.size(), batches(photographs(0, side)));
      byte[] pixels = photographs(1, side);
      float[] float32 = features(graph, weights, new Precision.Float32(), pixels);
      float[] int8 = features(graph, weights, new Precision.Int8(ranges, graph.size()), pixels);

      assertThat(correlation(float32, int8)).isBetween(min, 0.99999);
    }
  }

  private static float[] features(
      Graph graph, Weights weights, Precision precision, byte[] pixels) {
    byte[] model =
        OnnxFile.of(graph, FEATURES, weights, precision, PixelType.UINT8, Map.of()).bytes();
    return OnnxFileTest.inOnnxRuntime(model, OnnxFileTest.direct(pixels), IMAGES).get(0);
  }

  /** Returns the correlation of each feature over all images, averaged over varying features. */
  private static double correlation(float[] a, float[] b) {
    int width = a.length / IMAGES;
    double total = 0;
    int varying = 0;
    for (int column = 0; column < width; column++) {
      double[] sums = new double[5];
      for (int row = 0; row < IMAGES; row++) {
        double x = a[row * width + column];
        double y = b[row * width + column];
        double[] terms = {x, y, x * x, y * y, x * y};
        Arrays.setAll(sums, i -> sums[i] + terms[i] / IMAGES);
      }
      double product = (sums[2] - sums[0] * sums[0]) * (sums[3] - sums[1] * sums[1]);
      if (product > 1e-12) {
        total += (sums[4] - sums[0] * sums[1]) / Math.sqrt(product);
        varying++;
      }
    }
    assertThat(varying).isGreaterThan(width / 2);
    return total / varying;
  }

  /** A small network with random weights, calibrated on random pixels. */
  private record Small(NetworkDesign design, Graph graph, GraphBlock whole, Ranges ranges) {
    static final int SIDE = 9;
    static final int N = 4;

    static Small of(NDManager manager, Preprocessing preprocessing) {
      NetworkDesign design =
          OnnxFileTest.design(OnnxFileTest.TINY, SIDE, preprocessing, new Scaling(0.5, true));
      Graph graph = design.graph();
      GraphBlock whole = OnnxFileTest.random(graph, manager);
      List<String> outputs = graph.crossing(design.cut());
      Iterator<ByteBuffer> batches = batches(OnnxFileTest.pixels(N, SIDE));
      return new Small(
          design,
          graph,
          whole,
          RangeCalibrator.ranges(graph, outputs, whole.weights(), design.cut(), batches));
    }

    byte[] model(List<String> outputs, PixelType pixels) {
      Precision int8 = new Precision.Int8(ranges, design.cut());
      return OnnxFile.of(graph, outputs, whole.weights(), int8, pixels, Map.of()).bytes();
    }

    List<float[]> run(List<String> outputs) {
      byte[] pixels = OnnxFileTest.pixels(N, SIDE);
      return OnnxFileTest.inOnnxRuntime(
          model(outputs, PixelType.UINT8), OnnxFileTest.direct(pixels), N);
    }
  }

  @Test
  void stepsAfterTheInt8PartAreFloat32OfItsOutputs() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      Small small = Small.of(manager, Preprocessing.CAFFE);
      Graph graph = small.graph();
      int cut = small.design().cut();
      List<String> crossing = graph.crossing(cut);
      List<float[]> outputs = small.run(crossing);
      NDList values = new NDList();
      for (int k = 0; k < outputs.size(); k++) {
        Shape shape = new Shape(Small.N).addAll(graph.shapes().get(crossing.get(k)));
        values.add(manager.create(outputs.get(k), shape));
      }
      NDArray after =
          small
              .whole()
              .sharingWeights(graph, cut, graph.size())
              .forward(new ParameterStore(manager, false), values, false)
              .singletonOrThrow();

      OnnxFileTest.assertAlike(
          small.run(List.of("probabilities")), List.of(after.toFloatArray()), 1e-5);
      byte[] float32 =
          OnnxFile.of(
                  graph,
                  crossing,
                  small.whole().weights(),
                  new Precision.Float32(),
                  PixelType.UINT8,
                  Map.of())
              .bytes();
      byte[] pixels = OnnxFileTest.pixels(Small.N, Small.SIDE);
      assertThat(OnnxFileTest.inOnnxRuntime(float32, OnnxFileTest.direct(pixels), Small.N).get(0))
          .isNotEqualTo(outputs.get(0));
    }
  }

  @Test
  void floatPixelsGiveTheSameOutputAsBytes() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      for (Preprocessing each : List.of(Preprocessing.LITE, Preprocessing.CAFFE)) {
        Small small = Small.of(manager, each);
        byte[] model = small.model(List.of("probabilities"), PixelType.FLOAT32);
        ByteBuffer pixels = OnnxFileTest.directFloats(OnnxFileTest.pixels(Small.N, Small.SIDE));
        assertThat(OnnxFileTest.inOnnxRuntime(model, pixels, Small.N).get(0))
            .containsExactly(small.run(List.of("probabilities")).get(0));
      }
    }
  }

  /** Checks the operators of ONNX Runtime's optimized model. */
  @ParameterizedTest
  @CsvSource({"vgg16, 10, 3, 0", "efficientnet-lite0, 49, 0, 9"})
  void onlyConvolutionsOfTheFrozenPartAreInt8(
      String id, int convolutions, int products, int sums, @TempDir Path folder) throws Exception {
    try (LoadedBackbone backbone =
        LoadedBackbone.load(
            BackboneInfo.of(id), "pretrained", 32, Device.cpu(), Progress.Display.NONE)) {
      Graph graph = OnnxFileTest.features(backbone, 32);
      Weights weights = backbone.trunk().sharingWeights(graph, 0, graph.size()).weights();
      Ranges ranges =
          RangeCalibrator.ranges(
              graph, FEATURES, weights, graph.size(), batches(photographs(0, 32)));
      Precision int8 = new Precision.Int8(ranges, graph.size());
      byte[] model = OnnxFile.of(graph, FEATURES, weights, int8, PixelType.UINT8, Map.of()).bytes();

      List<String> operators = optimized(model, folder.resolve("optimized.onnx"));
      assertThat(operators).doesNotContain("Conv", "FusedConv", "Gemm", "Clip", "Relu", "Add");
      assertThat(operators).filteredOn("QLinearConv"::equals).hasSize(convolutions);
      assertThat(operators).filteredOn("QGemm"::equals).hasSize(products);
      assertThat(operators).filteredOn("QLinearAdd"::equals).hasSize(sums);
      assertThat(maxWeight(model)).isEqualTo(63);
    }
  }

  /** Compares a dense layer with a convolution of the same image in a frame of zeros. */
  @Test
  void anInt8DenseLayerEqualsTheConvolutionExactly() {
    byte[] inside = OnnxFileTest.pixels(4, 2);
    byte[] framed = new byte[4 * 3 * 4 * 4];
    Arrays.fill(framed, (byte) 127); // zero, after normalization
    float[] few = convolution(2, inside);
    for (int i = 0; i < inside.length; i++) {
      framed[i / 4 * 16 + inFrame(i % 4)] = inside[i];
    }
    float[] many = convolution(4, framed);

    Set<Float> different = new HashSet<>();
    for (int i = 0; i < few.length; i++) {
      assertThat(few[i]).isEqualTo(many[i / 4 * 16 + inFrame(i % 4)]);
      different.add(few[i]);
    }
    assertThat(few).hasSize(4 * 5 * 4);
    assertThat(different).hasSizeGreaterThan(20);
  }

  /** Returns the index in a 4x4 image of a pixel of the 2x2 image in its center. */
  private static int inFrame(int pixel) {
    return (1 + pixel / 2) * 4 + 1 + pixel % 2;
  }

  /** 3x3, from 3 channels to 5, with different weights. */
  private static float[] convolution(int side, byte[] pixels) {
    Layer.Conv2d layer = new Layer.Conv2d("c", 3, 5, 3, 1, Layer.Padding.SAME, 1);
    Graph graph =
        new Graph(
            new Shape(3, side, side),
            List.of(
                Step.of(
                    new Layer.Normalize(
                        "normalization",
                        Preprocessing.LITE.order(),
                        Preprocessing.LITE.mean(),
                        Preprocessing.LITE.deviation()),
                    "pixels"),
                Step.of(layer, "normalization")));
    Weights weights =
        weight -> {
          float[] values = new float[weight.role() == Weight.Role.BIAS ? 5 : 5 * 3 * 3 * 3];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(7 * i) / 9;
          }
          return values;
        };
    Ranges.Range range = new Ranges.Range(-1, 1, List.of(0.1f, 0f, -0.1f));
    Precision int8 =
        new Precision.Int8(new Ranges(Map.of("normalization", range, "c", range)), graph.size());
    byte[] model =
        OnnxFile.of(graph, List.of("c"), weights, int8, PixelType.UINT8, Map.of()).bytes();
    return OnnxFileTest.inOnnxRuntime(model, OnnxFileTest.direct(pixels), 4).get(0);
  }

  private static List<String> optimized(byte[] model, Path file) throws Exception {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
      options.setOptimizedModelFilePath(file.toString());
      OrtEnvironment.getEnvironment().createSession(model, options).close();
    }
    return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeList().stream()
        .map(NodeProto::getOpType)
        .toList();
  }

  /** Returns the maximum magnitude of the weights of all convolutions. */
  private static int maxWeight(byte[] model) throws Exception {
    int greatest = 0;
    for (TensorProto each : ModelProto.parseFrom(model).getGraph().getInitializerList()) {
      if (each.getDataType() == TensorProto.DataType.INT8.getNumber()) {
        for (byte weight : each.getRawData().toByteArray()) {
          greatest = Math.max(greatest, Math.abs(weight));
        }
      }
    }
    return greatest;
  }

  @Test
  void roundingKeepsTheSumOfAWindow() {
    assertThat(rounded(0.3f, 0.35f, 0.3f, 0.3f)).containsExactly(0, 1, 0, 0);
    assertThat(rounded(-0.4f, -0.4f, -0.45f, 2)).containsExactly(0, 0, -1, 2);
    assertThat(rounded(0.6f, 0.6f, 0.55f, 0.9f)).containsExactly(1, 1, 0, 1);
    assertThat(rounded(1, -2, 3, 0.2f)).containsExactly(1, -2, 3, 0);
  }

  private static byte[] rounded(float... values) {
    float[] doubled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      doubled[i] = 2 * values[i];
    }
    byte[] whole = new byte[values.length];
    QuantizedWeights.round(doubled, 2, whole, 0, whole.length);
    return whole;
  }

  @Test
  void rangesAreStoredAsJson() throws Exception {
    Ranges ranges =
        new Ranges(
            Map.of(
                "b", new Ranges.Range(-1.5f, 2, List.of(0.1f, 1 / 3f)),
                "a", new Ranges.Range(0, 0, List.of(0f))));
    ObjectMapper json = new ObjectMapper();
    String text = json.writeValueAsString(ranges);
    assertThat(text).startsWith("{\"a\":{\"least\":0.0,\"greatest\":0.0,\"means\":[0.0]},\"b\":");
    assertThat(json.readValue(text, Ranges.class)).isEqualTo(ranges);
  }

  @Test
  void invalidRangesAreRejected() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Ranges.Range(1, 0, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ranges.Range(Float.NaN, 0, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ranges.Range(0, Float.POSITIVE_INFINITY, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ranges.Range(0, 1, List.of(Float.NaN)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ranges(Map.of()).of("stem"))
        .withMessage("no range was measured for the step stem");
  }
}
