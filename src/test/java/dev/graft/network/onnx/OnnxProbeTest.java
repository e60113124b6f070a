package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Adapter;
import dev.graft.network.Adapter.Pooling;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.OutputSelection.Wanted;
import dev.graft.network.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network of one convolution over patches, in the layouts of common exports. */
@Tag("engine")
class OnnxProbeTest {
  private static final int SIDE = 32;
  private static final int PATCH = 8;
  private static final int CHANNELS = 5;
  private static final int PATCHES = SIDE / PATCH * SIDE / PATCH;
  private static final List<Long> STRIDE = List.of((long) PATCH, (long) PATCH);

  @TempDir Path folder;

  private static String map(OnnxGraph graph, String pixels) {
    Random random = new Random(1);
    float[] kernel = new float[CHANNELS * 3 * PATCH * PATCH];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = 0.05f * (float) random.nextGaussian();
    }
    long side = PATCH;
    String weights = graph.floats("w", List.of((long) CHANNELS, 3L, side, side), kernel);
    return graph.node("Conv", "map", List.of(pixels, weights), attribute("strides", STRIDE));
  }

  private static String vector(OnnxGraph graph, String map) {
    String average = graph.node("GlobalAveragePool", "average", List.of(map));
    return graph.node("Flatten", "vector", List.of(average), attribute("axis", 1));
  }

  private static OnnxGraph graph(boolean oneImage) {
    OnnxGraph graph = new OnnxGraph(oneImage);
    graph.input("x", DataType.FLOAT, 3, SIDE, SIDE);
    return graph;
  }

  private Path write(OnnxGraph graph, String... outputs) throws IOException {
    for (String output : outputs) {
      graph.outputOfUnknownShape(output);
    }
    return Files.write(folder.resolve("a.onnx"), graph.file(Map.of()).bytes());
  }

  private Path plain() throws IOException {
    OnnxGraph graph = graph(false);
    return write(graph, vector(graph, map(graph, "x")));
  }

  private static OnnxProbe.Probed probed(Path file) {
    return new OnnxProbe(file).run(SIDE, Wanted.ANY);
  }

  private static float[] features(Path file, Adapter adapter, int images) {
    Layer.External layer = new Layer.External("e", file, Layer.External.Format.ONNX, "", adapter);
    Graph graph = new Graph(new Shape(3, SIDE, SIDE), List.of(Step.of(layer, Graph.PIXELS)));
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(images * 3 * SIDE * SIDE * Float.BYTES)
            .order(ByteOrder.nativeOrder());
    Random random = new Random(2);
    while (pixels.hasRemaining()) {
      pixels.putFloat(random.nextInt(256));
    }
    OnnxFile whole =
        OnnxFile.of(
            graph,
            List.of("e"),
            weight -> new float[0],
            new Precision.Float32(),
            PixelType.FLOAT32,
            Map.of());
    try (OnnxSession session = whole.open()) {
      FloatBuffer values = session.run(pixels.flip(), images).get(0);
      float[] array = new float[values.remaining()];
      values.get(array);
      return array;
    }
  }

  private static float[] features(Path file, int images) {
    return features(file, probed(file).adapter(), images);
  }

  @Test
  void aPlainNetworkNeedsNoAdapting() throws IOException {
    Path file = plain();
    OnnxProbe probe = new OnnxProbe(file);
    assertThat(probe.side()).isEqualTo(OptionalInt.of(SIDE));
    assertThat(probe.input()).hasToString("x (any, 3, 32, 32) float32");
    OnnxProbe.Probed found = probed(file);
    assertThat(found.adapter()).isEqualTo(Adapter.of(List.of(List.of((long) CHANNELS))));
    assertThat(found.notes()).containsExactly("Features: vector (5 values).");
    assertThat(features(file, 3)).hasSize(15);
  }

  @Test
  void otherLayoutsAndTypesGiveTheSameFeatures() throws IOException {
    float[] expected = features(plain(), 3);
    OnnxGraph last = new OnnxGraph(false);
    last.input("x", DataType.UINT8, SIDE, SIDE, 3);
    String floats =
        last.node("Cast", "f", List.of("x"), attribute("to", DataType.FLOAT.getNumber()));
    String first =
        last.node("Transpose", "t", List.of(floats), attribute("perm", List.of(0L, 3L, 1L, 2L)));
    String map =
        last.node(
            "Transpose",
            "back",
            List.of(map(last, first)),
            attribute("perm", List.of(0L, 2L, 3L, 1L)));
    Path bytes = write(last, map);
    assertThat(probed(bytes).adapter().input())
        .isEqualTo(new Adapter.Input(true, Adapter.Type.UINT8));
    assertThat(probed(bytes).adapter().outputs())
        .extracting(Adapter.Output::pooling)
        .containsExactly(Pooling.MAP_CHANNELS_LAST);
    assertThat(features(bytes, 3)).containsExactly(expected, within(1e-3f));

    OnnxGraph half = new OnnxGraph(false);
    half.input("x", DataType.FLOAT16, 3, SIDE, SIDE);
    String full = half.node("Cast", "f", List.of("x"), attribute("to", DataType.FLOAT.getNumber()));
    Path float16 = write(half, vector(half, map(half, full)));
    assertThat(probed(float16).adapter().input().type()).isEqualTo(Adapter.Type.FLOAT16);
    assertThat(features(float16, 3)).containsExactly(expected, within(1e-3f));
  }

  @Test
  void aNetworkForOneImageIsRunForEach() throws IOException {
    float[] expected = features(plain(), 3);
    OnnxGraph one = graph(true);
    Path declared = write(one, vector(one, map(one, "x")));
    assertThat(probed(declared).adapter().imageByImage()).isTrue();
    assertThat(features(declared, 3)).containsExactly(expected, within(1e-4f));

    OnnxGraph inside = graph(false);
    String vector = vector(inside, map(inside, "x"));
    Path reshaped =
        write(inside, inside.node("Reshape", "out", List.of(vector, inside.longs("shape", 1, -1))));
    OnnxProbe.Probed found = probed(reshaped);
    assertThat(found.adapter().imageByImage()).isTrue();
    assertThat(found.notes())
        .contains(
            "It is computed image by image, because it can't compute several images at once.");
    assertThat(features(reshaped, 3)).containsExactly(expected, within(1e-4f));
  }

  @Test
  void dynamicQuantizationIsComputedImageByImage() throws IOException {
    OnnxGraph graph = graph(false);
    String map = map(graph, "x");
    graph.node("DynamicQuantizeLinear", "q", List.of(map));
    OnnxFile file = graph.file(Map.of());
    ModelProto model = ModelProto.parseFrom(file.bytes());
    GraphProto.Builder nodes = model.getGraph().toBuilder();
    int last = nodes.getNodeCount() - 1;
    nodes.setNode(last, nodes.getNode(last).toBuilder().addOutput("s").addOutput("z"));
    Files.write(
        folder.resolve("d.onnx"),
        model.toBuilder()
            .setGraph(
                nodes
                    .addNode(
                        nodes.getNode(last).toBuilder()
                            .setOpType("DequantizeLinear")
                            .setName("d")
                            .clearInput()
                            .addAllInput(List.of("q", "s", "z"))
                            .clearOutput()
                            .addOutput("y"))
                    .addOutput(
                        ModelProto.parseFrom(Files.readAllBytes(plain()))
                            .getGraph()
                            .getOutput(0)
                            .toBuilder()
                            .setName("y")))
            .build()
            .toByteArray());
    OnnxProbe.Probed found = probed(folder.resolve("d.onnx"));
    assertThat(found.adapter().imageByImage()).isTrue();
    assertThat(found.notes().get(0)).contains("(dynamic quantization)");
    float[] three = features(folder.resolve("d.onnx"), 3);
    float[] alone = features(folder.resolve("d.onnx"), 1);
    assertThat(alone).containsExactly(Arrays.copyOf(three, CHANNELS));
  }

  @Test
  void batchNormalizationInTrainingModeIsRefused() throws IOException {
    OnnxGraph graph = graph(false);
    float[] ones = {1, 1, 1, 1, 1};
    List<Long> shape = List.of((long) CHANNELS);
    List<String> inputs =
        List.of(
            map(graph, "x"),
            graph.floats("gamma", shape, ones),
            graph.floats("beta", shape, ones),
            graph.floats("mean", shape, ones),
            graph.floats("variance", shape, ones));
    String norm = graph.node("BatchNormalization", "norm", inputs, attribute("training_mode", 1));
    Path file = write(graph, vector(graph, norm));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> probed(file))
        .withMessageContaining("it was exported in training mode")
        .withMessageContaining("model.eval()");
  }

  @Test
  void tokensArePooled() throws IOException {
    OnnxGraph graph = graph(false);
    String map = map(graph, "x");
    String flat =
        graph.node("Reshape", "flat", List.of(map, graph.longs("shape", 0, CHANNELS, PATCHES)));
    String patches =
        graph.node("Transpose", "patches", List.of(flat), attribute("perm", List.of(0L, 2L, 1L)));
    String cls =
        graph.node("Gather", "cls", List.of(patches, graph.longs("one", 3)), attribute("axis", 1));
    String tokens = graph.node("Concat", "tokens", List.of(cls, patches), attribute("axis", 1));
    float[] mean = features(plain(), 2);
    Path file = write(graph, tokens);
    OnnxProbe.Probed found = probed(file);
    assertThat(found.adapter().outputs())
        .containsExactly(
            new Adapter.Output(0, List.of(PATCHES + 1L, (long) CHANNELS), Pooling.CLS, 1));
    float[] first = features(file, 2);
    Adapter both =
        new OnnxProbe(file)
            .run(SIDE, new Wanted(Optional.of(Pooling.CLS_MEAN), Optional.empty()))
            .adapter();
    float[] clsAndMean = features(file, both, 2);
    assertThat(clsAndMean).hasSize(4 * CHANNELS);
    for (int i = 0; i < CHANNELS; i++) {
      assertThat(clsAndMean[2 * CHANNELS + i]).isCloseTo(first[CHANNELS + i], within(1e-4f));
      assertThat(clsAndMean[3 * CHANNELS + i]).isCloseTo(mean[CHANNELS + i], within(1e-3f));
    }
  }

  @Test
  void weightsBesideTheFileAreReadAndEmbedded() throws IOException {
    Path file = plain();
    float[] expected = features(file, 2);
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(file));
    TensorProto weights = model.getGraph().getInitializer(0);
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.write(new byte[64]);
    data.write(weights.getRawData().toByteArray());
    external(file, model, "a.onnx.data", 64);
    GraftException missing = refused(file);
    assertThat(missing)
        .hasMessage(
            "its weights are in a second file, a.onnx.data, which is missing; put it beside it.");
    Files.write(folder.resolve("a.onnx.data"), data.toByteArray());
    assertThat(features(file, 2)).containsExactly(expected);
    assertThat(OnnxFile.hasExternalData(file)).isTrue();
    byte[] embedded = OnnxFile.ofExternal(file).bytes();
    Path other = Files.createDirectory(folder.resolve("elsewhere")).resolve("b.onnx");
    Files.write(other, embedded);
    assertThat(features(other, 2)).containsExactly(expected);
    assertThat(OnnxFile.hasExternalData(other)).isFalse();

    Files.write(folder.resolve("a.onnx.data"), new byte[70]);
    assertThat(refused(file)).hasMessageContaining("which has 70 bytes instead of at least");
    external(file, model, "a\0b", 0);
    assertThat(refused(file)).hasMessageContaining("is not one that files can have");
    external(file, model, "../elsewhere/b.onnx", 0);
    assertThat(refused(file)).hasMessageContaining("outside of its folder");
  }

  private static GraftException refused(Path file) {
    return catchThrowableOfType(GraftException.class, () -> new OnnxProbe(file));
  }

  private static void external(Path file, ModelProto model, String location, long offset)
      throws IOException {
    TensorProto weights = model.getGraph().getInitializer(0);
    TensorProto.Builder moved =
        weights.toBuilder().clearRawData().setDataLocation(TensorProto.DataLocation.EXTERNAL);
    Map.of(
            "location",
            location,
            "offset",
            Long.toString(offset),
            "length",
            Integer.toString(weights.getRawData().size()))
        .forEach(
            (key, value) ->
                moved.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    Files.write(
        file,
        model.toBuilder()
            .setGraph(model.getGraph().toBuilder().setInitializer(0, moved))
            .build()
            .toByteArray());
  }

  @Test
  void otherInputsAreRefusedByWhatTheyAre() throws IOException {
    OnnxGraph text = new OnnxGraph(false);
    text.input("x", DataType.INT64, 3, SIDE, SIDE);
    text.node("Identity", "y", List.of("x"));
    Path ints = write(text, "y");
    assertThat(refused(ints))
        .hasMessage(
            "its input must be of float32, float16 or uint8, and is x (any, 3, 32, 32) int64.");
    OnnxGraph two = graph(false);
    two.input("input_ids", DataType.INT64, 7);
    Path clip = write(two, vector(two, map(two, "x")));
    assertThat(refused(clip)).hasMessageContaining("has 2: x, input_ids; export its image part");
    OnnxGraph gray = new OnnxGraph(false);
    gray.input("x", DataType.FLOAT, 1, SIDE, SIDE);
    gray.node("Identity", "y", List.of("x"));
    Path oneChannel = write(gray, "y");
    assertThat(refused(oneChannel)).hasMessageContaining("must be (N, 3, H, W) or (N, H, W, 3)");
  }

  private static String dynamic(OnnxGraph graph, String map) {
    graph.add(
        NodeProto.newBuilder()
            .setOpType("DynamicQuantizeLinear")
            .addInput(map)
            .addAllOutput(List.of("q", "s", "z"))
            .build());
    return vector(graph, graph.node("DequantizeLinear", "y", List.of("q", "s", "z")));
  }

  @Test
  void dynamicOperatorsAreComputedImageByImageWhateverTheNoiseShows() throws IOException {
    OnnxGraph bytes = new OnnxGraph(false);
    bytes.input("x", DataType.UINT8, 3, SIDE, SIDE);
    String floats =
        bytes.node("Cast", "f", List.of("x"), attribute("to", DataType.FLOAT.getNumber()));
    Path uint8 = write(bytes, dynamic(bytes, map(bytes, floats)));
    assertThat(probed(uint8).adapter().imageByImage()).isTrue();

    OnnxGraph unused = graph(false);
    String map = map(unused, "x");
    dynamic(unused, map);
    String average = unused.node("GlobalMaxPool", "max", List.of(map));
    Path same = write(unused, unused.node("Flatten", "out", List.of(average)), "vector");
    assertThat(
            new OnnxProbe(same)
                .run(SIDE, new Wanted(Optional.empty(), Optional.of("out")))
                .adapter()
                .imageByImage())
        .isTrue();
  }

  @Test
  void oneLargeFeatureDoesNotHideThatOthersDependOnTheBatch() throws IOException {
    OnnxGraph graph = graph(false);
    String vector = vector(graph, map(graph, "x"));
    String mean = graph.node("ReduceMean", "mean", List.of(vector), attribute("axes", List.of(0L)));
    String centered = graph.node("Sub", "centered", List.of(vector, mean));
    String large = graph.floats("large", List.of((long) CHANNELS), 0, 0, 0, 0, 3000);
    OnnxProbe.Probed found = probed(write(graph, graph.node("Add", "y", List.of(centered, large))));
    assertThat(found.adapter().imageByImage()).isTrue();
    assertThat(found.notes()).anyMatch(note -> note.contains("depend on the other images"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 2000, 9000, 30_000, 1L << 40})
  void anAbsurdSideIsRefusedBeforeAnythingIsAllocated(long side) throws IOException {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", DataType.FLOAT, 3, side, side);
    OnnxProbe probe = new OnnxProbe(write(graph, vector(graph, map(graph, "x"))));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(probe::side)
        .withMessageContaining("its file says that it takes images of " + side + "x" + side)
        .withMessageContaining("from 8 to 1024");
  }

  @Test
  void outputsWithoutValuesAreLeftOutAndNamesAreOneLine() throws IOException {
    OnnxGraph graph = graph(false);
    String vector = vector(graph, map(graph, "x"));
    List<String> nothing =
        List.of(vector, graph.longs("from", 0), graph.longs("to", 0), graph.longs("axis", 1));
    String empty = graph.node("Slice", "two\nlines", nothing);
    OnnxProbe.Probed found = probed(write(graph, vector, empty));
    assertThat(found.adapter().outputs()).hasSize(1);
    assertThat(found.notes())
        .anyMatch(note -> note.contains("Output two lines is left out: it has"));
    assertThat(found.notes()).noneMatch(note -> note.contains("\n"));
  }

  @Test
  void aNetworkWithoutFloatingPointOutputsIsRefusedByASentence() throws IOException {
    OnnxGraph graph = graph(false);
    String vector = vector(graph, map(graph, "x"));
    String truth =
        graph.node("Cast", "b", List.of(vector), attribute("to", DataType.BOOL.getNumber()));
    Path file = write(graph, truth);
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    model
        .getGraphBuilder()
        .getOutputBuilder(0)
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(DataType.BOOL.getNumber());
    Files.write(file, model.build().toByteArray());
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> probed(file))
        .withMessageContaining("none of its outputs can serve as features (b: it is of bool");
    model.getGraphBuilder().clearOutput();
    Files.write(file, model.build().toByteArray());
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> probed(file))
        .withMessageContaining("none of its outputs can serve as features");
  }
}
