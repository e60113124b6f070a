package dev.graft.network.onnx;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Graph;
import dev.graft.network.Layer;
import dev.graft.network.Step;
import dev.graft.network.Weights;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A network as an ONNX model's file, which any number of images at a time may be given to. */
public final class OnnxFile {
  /**
   * Bytes; a larger file is not put into Java's heap to be opened. VGG16 with a head of its own is
   * smaller, and opened faster from there.
   */
  private static final int LARGE = 128 << 20;

  private static final int BUFFER = 1 << 20;

  private final ModelProto model;
  private final GraphProto graph;
  private final List<FileBackedTensor> far;

  /**
   * Puts a file together.
   *
   * @param model without the graph
   * @param graph without what is far
   */
  OnnxFile(ModelProto model, GraphProto graph, List<FileBackedTensor> far) {
    this.model = model;
    this.graph = graph;
    this.far = far;
    if (size() > Integer.MAX_VALUE) {
      throw new GraftException("A network in ONNX can't be larger than 2 GB.");
    }
  }

  /**
   * Writes what of a network its outputs need.
   *
   * <p>The input is {@code pixels}, {@code (N, 3, H, W)}, R, G, B from 0 to 255.
   *
   * @param outputs names of the steps whose values are wanted, float32: such as what {@linkplain
   *     Graph#crossing crosses} a cut
   * @param metadata what the file is to say of itself
   */
  public static OnnxFile of(
      Graph graph,
      List<String> outputs,
      Weights weights,
      Precision precision,
      PixelType pixels,
      Map<String, String> metadata) {
    Folded folded = Folded.of(graph, weights, Set.copyOf(outputs));
    Map<String, Shape> shapes = folded.graph().shapes();
    Set<String> frozen = names(graph.steps().subList(0, precision.steps()));
    Map<String, Int8Rendering.Scale> scales = new HashMap<>();
    OnnxGraph onnx = new OnnxGraph();
    onnx.input(Graph.PIXELS, pixels.onnx, graph.pixels().getShape());
    outputs.forEach(name -> onnx.output(name, shapes.get(name).getShape()));
    for (Step step : needed(folded.graph(), outputs)) {
      OnnxRendering at =
          new OnnxRendering(onnx, folded.weights(), pixels, shapes, step.inputs(), step.name());
      boolean passing =
          !outputs.contains(step.name()) && isClippedNext(folded.graph(), step.name(), frozen);
      step.layer()
          .accept(frozen.contains(step.name()) ? precision.rendering(at, passing, scales) : at);
    }
    return onnx.file(metadata);
  }

  /**
   * Checks that a network can be written and, where ONNX Runtime is available, opened, whatever its
   * own weights will be: before it is trained.
   *
   * @throws GraftException if it can't
   */
  public static void check(Graph graph) {
    Weights zeros = weight -> new float[weight.size()];
    String last = graph.steps().get(graph.size() - 1).name();
    OnnxFile file =
        of(graph, List.of(last), zeros, new Precision.Float32(), PixelType.UINT8, Map.of());
    if (OnnxSession.isThere()) {
      file.open().close();
    }
  }

  /** How long it is, in bytes. */
  public long size() {
    long inside = graphSize();
    return model.getSerializedSize() + field(ModelProto.GRAPH_FIELD_NUMBER, inside) + inside;
  }

  private long graphSize() {
    long size = graph.getSerializedSize();
    for (FileBackedTensor each : far) {
      size += field(GraphProto.INITIALIZER_FIELD_NUMBER, each.size()) + each.size();
    }
    return size;
  }

  /** How long the beginning of a field is. */
  private static int field(int number, long length) {
    return CodedOutputStream.computeTagSize(number)
        + CodedOutputStream.computeUInt64SizeNoTag(length);
  }

  private static void begin(CodedOutputStream out, int number, long length) throws IOException {
    out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt64NoTag(length);
  }

  /** All of it. */
  public byte[] bytes() {
    byte[] bytes = new byte[(int) size()];
    try {
      writeTo(CodedOutputStream.newInstance(bytes));
    } catch (IOException e) {
      throw new GraftException(
          "A backbone can't be read: " + Messages.of(e, "it is gone") + ".", e);
    }
    return bytes;
  }

  /** Writes it, piece by piece. */
  public void writeTo(WritableByteChannel to) throws IOException {
    writeTo(CodedOutputStream.newInstance(Channels.newOutputStream(to), BUFFER));
  }

  private void writeTo(CodedOutputStream out) throws IOException {
    model.writeTo(out);
    begin(out, ModelProto.GRAPH_FIELD_NUMBER, graphSize());
    graph.writeTo(out);
    for (FileBackedTensor each : far) {
      begin(out, GraphProto.INITIALIZER_FIELD_NUMBER, each.size());
      each.writeTo(out);
    }
    out.flush();
  }

  /**
   * Opens it in ONNX Runtime.
   *
   * @throws GraftException if that does not take it, or there is no room for a large one
   */
  public OnnxSession open() {
    return size() <= LARGE ? OnnxSession.open(bytes()) : openedByFile();
  }

  private OnnxSession openedByFile() {
    try {
      Path file = Files.createTempFile("graft-", ".onnx");
      try {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
          writeTo(out);
        }
        return OnnxSession.open(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new GraftException(
          "A network of "
              + (size() >> 20)
              + " MB can't be written into Java's folder for temporary files, -Djava.io.tmpdir: "
              + (Messages.of(e, "it says no more") + "."),
          e);
    }
  }

  private static Set<String> names(List<Step> steps) {
    return steps.stream().map(Step::name).collect(Collectors.toSet());
  }

  private static boolean isClippedNext(Graph graph, String name, Set<String> frozen) {
    List<Step> readers =
        graph.steps().stream().filter(step -> step.inputs().contains(name)).toList();
    return readers.size() == 1
        && frozen.contains(readers.get(0).name())
        && (readers.get(0).layer() instanceof Layer.Relu
            || readers.get(0).layer() instanceof Layer.Relu6);
  }

  /** The steps that outputs depend on, in their order. */
  private static List<Step> needed(Graph graph, List<String> outputs) {
    Set<String> names = new HashSet<>(outputs);
    for (int i = graph.size() - 1; i >= 0; i--) {
      Step step = graph.steps().get(i);
      if (names.contains(step.name())) {
        names.addAll(step.inputs());
      }
    }
    return graph.steps().stream().filter(step -> names.contains(step.name())).toList();
  }
}
