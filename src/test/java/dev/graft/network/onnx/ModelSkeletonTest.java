package dev.graft.network.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Adapter;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An external model with a constant of 68 MB, embedded in a written model. */
@Tag("engine")
class ModelSkeletonTest {
  private static final int BYTES = 68_000_000;

  @TempDir Path folder;
  private Path file;

  /** {@code max(average + least(large), small)}, with unnamed nodes; all values of large are 2. */
  @BeforeEach
  void write() throws IOException {
    ByteBuffer twos = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (twos.hasRemaining()) {
      twos.putFloat(2);
    }
    GraphProto graph =
        GraphProto.newBuilder()
            .addInput(value("x"))
            .addNode(node("GlobalAveragePool", "average", "x"))
            .addNode(node("ReduceMin", "least", "large"))
            .addNode(node("Add", "sum", "average", "least"))
            .addNode(node("Max", "y", "sum", "small"))
            .addInitializer(constant("large", BYTES / 4, twos.flip()))
            .addInitializer(constant("small", 1, ByteBuffer.allocate(Float.BYTES)))
            .addOutput(value("y"))
            .build();
    file = folder.resolve("a.onnx");
    Files.write(
        file,
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph)
            .build()
            .toByteArray());
  }

  private static NodeProto node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private static TensorProto constant(String name, int values, ByteBuffer bytes) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .addDims(values)
        .setRawData(ByteString.copyFrom(bytes))
        .build();
  }

  private static ValueInfoProto value(String name) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT.getNumber())))
        .build();
  }

  private OnnxFile around() {
    Layer.External layer =
        new Layer.External(
            "theirs",
            file,
            Layer.External.Format.ONNX,
            "",
            Adapter.of(List.of(List.of(3L, 1L, 1L))));
    Graph graph = new Graph(new Shape(3, 4, 4), List.of(new Step(layer, List.of(Graph.PIXELS))));
    return OnnxFile.of(
        graph,
        List.of("theirs"),
        weight -> new float[0],
        new Precision.Float32(),
        PixelType.FLOAT32,
        Map.of("a", "b"));
  }

  @Test
  void onlyLargeConstantsStayInTheFile() {
    ModelSkeleton light = ModelSkeleton.read(file);
    assertThat(light.fileBacked()).extracting(FileBackedTensor::length).containsExactly(BYTES);
    assertThat(light.model().getGraph().getInitializerList())
        .extracting(TensorProto::getName)
        .containsExactly("small");
    assertThat(light.model().getGraph().getNodeCount()).isEqualTo(4);
    assertThat(light.model().getSerializedSize()).isLessThan(1000);
  }

  @Test
  void theWrittenFileIsCompleteAndHasTheStatedSize() throws IOException {
    OnnxFile written = around();
    byte[] bytes = written.bytes();
    ByteArrayOutputStream pieces = new ByteArrayOutputStream(bytes.length);
    written.writeTo(Channels.newChannel(pieces));
    assertThat(pieces.toByteArray()).isEqualTo(bytes).hasSize((int) written.size());
    ModelProto model = ModelProto.parseFrom(bytes);
    assertThat(model.getMetadataProps(0).getValue()).isEqualTo("b");
    TensorProto large =
        model.getGraph().getInitializerList().stream()
            .filter(each -> each.getName().equals("theirs/large"))
            .findFirst()
            .orElseThrow();
    assertThat(large.getRawData())
        .isEqualTo(
            ModelProto.parseFrom(Files.readAllBytes(file))
                .getGraph()
                .getInitializer(0)
                .getRawData());
  }

  @Test
  void aLargeModelOpensAndLeavesNoTemporaryFile() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    List<Path> before = list(temporary);
    try (OnnxSession session = around().open()) {
      ByteBuffer pixels =
          ByteBuffer.allocateDirect(48 * Float.BYTES).order(ByteOrder.nativeOrder());
      while (pixels.hasRemaining()) {
        pixels.putFloat(5);
      }
      float[] values = new float[3];
      session.run(pixels.flip(), 1).get(0).get(values);
      assertThat(values).containsExactly(7, 7, 7);
    }
    assertThat(list(temporary)).isEqualTo(before);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var files = Files.newDirectoryStream(folder, "graft-*.onnx")) {
      return StreamSupport.stream(files.spliterator(), false).sorted().toList();
    }
  }

  @Test
  void aTruncatedFileIsRejected() throws IOException {
    Path cut = folder.resolve("cut.onnx");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ModelSkeleton.read(cut))
        .withMessage(cut + " can't be read: it is not an ONNX file, or it is damaged.");
  }
}
