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
import dev.graft.network.NetworkDesign;
import dev.graft.network.Step;
import dev.graft.network.Typicality;
import dev.graft.network.Weights;
import dev.graft.util.Messages;
import dev.graft.util.Names;
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

/**
 * A network as an ONNX file, in memory. The batch may have any number of images, except around an
 * external network that takes one image per pass.
 */
public final class OnnxFile {
  /**
   * Maximum size of a model that is opened from Java's heap, in bytes; a larger one is opened from
   * a temporary file. From the heap opens faster; VGG16 with a new head fits.
   */
  private static final int MAX_HEAP_BYTES = 128 << 20;

  private static final int BUFFER_BYTES = 1 << 20;

  private final ModelProto model;
  private final GraphProto graph;
  private final List<FileBackedTensor> fileBacked;

  /**
   * @param model without the graph
   * @param graph without the constants that are file-backed
   * @throws GraftException if the file would be larger than 2 GB, the limit of protocol buffers
   */
  OnnxFile(ModelProto model, GraphProto graph, List<FileBackedTensor> fileBacked) {
    this.model = model;
    this.graph = graph;
    this.fileBacked = fileBacked;
    if (size() > Integer.MAX_VALUE) {
      throw new GraftException(
          "An ONNX file can't be larger than 2 GB, and this network is; choose a smaller backbone.");
    }
  }

  /**
   * Writes the part of a network that its outputs depend on.
   *
   * <p>The input is {@code pixels}, {@code (N, 3, H, W)}, R, G, B from 0 to 255.
   *
   * @param outputs names of the steps whose values are outputs, float32; for example the values
   *     that {@linkplain Graph#crossing cross} a cut
   * @param precision of the steps
   * @param pixels type of the input
   * @param metadata of the file
   */
  public static OnnxFile of(
      Graph graph,
      List<String> outputs,
      Weights weights,
      Precision precision,
      PixelType pixels,
      Map<String, String> metadata) {
    return rendered(graph, outputs, weights, precision, pixels).file(metadata);
  }

  /**
   * Writes a whole network with a further output, {@link Typicality#NAME}.
   *
   * @param design of the network
   * @param precision of the steps
   * @param pixels type of the input
   * @param metadata of the file
   */
  public static OnnxFile of(
      NetworkDesign design,
      Typicality typicality,
      Weights weights,
      Precision precision,
      PixelType pixels,
      Map<String, String> metadata) {
    OnnxGraph onnx =
        rendered(design.graph(), List.of(NetworkDesign.PROBABILITIES), weights, precision, pixels);
    TypicalityNodes.add(onnx, typicality, design.lastFeatures());
    return onnx.file(metadata);
  }

  /**
   * Writes the steps after a cut, in float32.
   *
   * <p>Inputs are the values that {@linkplain Graph#crossing cross} the cut, {@code (N, …)},
   * float32.
   *
   * @param cut number of steps before it
   * @param output name of the step whose value is the output
   */
  public static OnnxFile tail(Graph graph, int cut, String output, Weights weights) {
    return rendered(
            graph,
            new Ends(graph.crossing(cut), List.of(output)),
            weights,
            new Precision.Float32(),
            PixelType.FLOAT32)
        .file(Map.of());
  }

  private static OnnxGraph rendered(
      Graph graph, List<String> outputs, Weights weights, Precision precision, PixelType pixels) {
    return rendered(graph, new Ends(List.of(Graph.PIXELS), outputs), weights, precision, pixels);
  }

  /** The names of the values that a file takes and gives. */
  private record Ends(List<String> inputs, List<String> outputs) {
    Set<String> all() {
      Set<String> all = new HashSet<>(inputs);
      all.addAll(outputs);
      return all;
    }
  }

  private static OnnxGraph rendered(
      Graph graph, Ends ends, Weights weights, Precision precision, PixelType pixels) {
    List<String> outputs = ends.outputs();
    Folded folded = Folded.of(graph, weights, ends.all());
    Map<String, Shape> shapes = folded.graph().shapes();
    Set<String> ranged = ranged(graph, precision);
    Map<String, Int8Rendering.Scale> scales = new HashMap<>();
    OnnxGraph onnx = new OnnxGraph(isImageByImage(graph));
    ends.inputs()
        .forEach(
            name ->
                onnx.input(
                    name,
                    name.equals(Graph.PIXELS) ? pixels.onnx : PixelType.FLOAT32.onnx,
                    shapes.get(name).getShape()));
    outputs.forEach(name -> onnx.output(name, shapes.get(name).getShape()));
    for (Step step : needed(folded.graph(), ends)) {
      OnnxRendering float32 =
          new OnnxRendering(onnx, folded.weights(), pixels, shapes, step.inputs(), step.name());
      boolean clippedNext =
          !outputs.contains(step.name()) && isClippedNext(folded.graph(), step.name(), ranged);
      step.layer()
          .accept(
              ranged.contains(step.name())
                  ? precision.rendering(float32, clippedNext, scales)
                  : float32);
    }
    return onnx;
  }

  /** Returns the steps that are not plain float32: of an external network, only itself. */
  private static Set<String> ranged(Graph graph, Precision precision) {
    List<Step> steps = graph.steps().subList(0, precision.steps());
    Set<String> external = names(steps.stream().filter(OnnxFile::isExternal).toList());
    return external.isEmpty() ? names(steps) : external;
  }

  static boolean isExternal(Step step) {
    return step.layer() instanceof Layer.External;
  }

  private static boolean isImageByImage(Graph graph) {
    return graph.steps().stream()
        .anyMatch(
            step ->
                step.layer() instanceof Layer.External external
                    && external.adapter().imageByImage());
  }

  /**
   * Returns the file of an external network with all of its weights, wherever they are.
   *
   * @throws GraftException if it can't be read
   */
  public static OnnxFile ofExternal(Path file) {
    ModelSkeleton read = ModelSkeleton.read(file);
    return new OnnxFile(
        read.model().toBuilder().clearGraph().build(), read.model().getGraph(), read.fileBacked());
  }

  /** Returns whether an external network has weights in files beside its own. */
  public static boolean hasExternalData(Path file) {
    return ModelSkeleton.read(file).hasExternalData(file);
  }

  /**
   * Checks, before a network is trained, that it can be written as ONNX and, if ONNX Runtime is
   * available, opened. The weights do not matter.
   *
   * @throws GraftException if it can't
   */
  public static void check(Graph graph) {
    Weights zeros = weight -> new float[weight.size()];
    String last = graph.steps().get(graph.size() - 1).name();
    OnnxFile file =
        of(graph, List.of(last), zeros, new Precision.Float32(), PixelType.UINT8, Map.of());
    if (OnnxSession.isAvailable()) {
      file.open().close();
    }
  }

  /**
   * Returns the number of convolutions and matrix products of an external network that int8
   * computes.
   *
   * @throws GraftException if there are none; its message is a reason, without a period
   */
  public static int int8Products(Path file) {
    return new QuantizableModel(ModelSkeleton.read(file)).size();
  }

  /** Returns the size of the file in bytes. */
  public long size() {
    long graphSize = graphSize();
    return model.getSerializedSize()
        + headerSize(ModelProto.GRAPH_FIELD_NUMBER, graphSize)
        + graphSize;
  }

  private long graphSize() {
    long size = graph.getSerializedSize();
    for (FileBackedTensor each : fileBacked) {
      size += headerSize(GraphProto.INITIALIZER_FIELD_NUMBER, each.size()) + each.size();
    }
    return size;
  }

  /** Returns the size of the tag and length of a field, in bytes. */
  private static int headerSize(int number, long length) {
    return CodedOutputStream.computeTagSize(number)
        + CodedOutputStream.computeUInt64SizeNoTag(length);
  }

  private static void writeHeader(CodedOutputStream out, int number, long length)
      throws IOException {
    out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt64NoTag(length);
  }

  /**
   * Returns the content of the file.
   *
   * @throws GraftException if the file of an external backbone can't be read any more
   */
  public byte[] bytes() {
    byte[] bytes = new byte[(int) size()];
    try {
      writeTo(CodedOutputStream.newInstance(bytes));
    } catch (IOException e) {
      throw new GraftException(
          "The file of the external backbone can't be read: " + Messages.of(e, "it is gone") + ".",
          e);
    }
    return bytes;
  }

  /** Writes the file; file-backed constants are copied in chunks. */
  public void writeTo(WritableByteChannel to) throws IOException {
    writeTo(CodedOutputStream.newInstance(Channels.newOutputStream(to), BUFFER_BYTES));
  }

  private void writeTo(CodedOutputStream out) throws IOException {
    model.writeTo(out);
    writeHeader(out, ModelProto.GRAPH_FIELD_NUMBER, graphSize());
    graph.writeTo(out);
    for (FileBackedTensor each : fileBacked) {
      writeHeader(out, GraphProto.INITIALIZER_FIELD_NUMBER, each.size());
      each.writeTo(out);
    }
    out.flush();
  }

  /**
   * Opens the model in ONNX Runtime.
   *
   * @throws GraftException if ONNX Runtime rejects it, or if the temporary folder has no space for
   *     a large one
   */
  public OnnxSession open() {
    return size() <= MAX_HEAP_BYTES ? OnnxSession.open(bytes()) : openedFromFile();
  }

  private OnnxSession openedFromFile() {
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
              + Names.bytes(size())
              + " can't be written to Java's temporary folder; name another by -Djava.io.tmpdir: "
              + (Messages.of(e, "no reason given") + "."),
          e);
    }
  }

  private static Set<String> names(List<Step> steps) {
    return steps.stream().map(Step::name).collect(Collectors.toSet());
  }

  private static boolean isClippedNext(Graph graph, String name, Set<String> ranged) {
    List<Step> readers = graph.readers(name);
    return readers.size() == 1
        && ranged.contains(readers.get(0).name())
        && (readers.get(0).layer() instanceof Layer.Relu
            || readers.get(0).layer() instanceof Layer.Relu6);
  }

  /** Returns the steps that compute the outputs from the inputs, in order. */
  private static List<Step> needed(Graph graph, Ends ends) {
    Set<String> names = new HashSet<>(ends.outputs());
    for (int i = graph.size() - 1; i >= 0; i--) {
      Step step = graph.steps().get(i);
      if (names.contains(step.name())) {
        names.addAll(step.inputs());
        names.removeAll(ends.inputs());
      }
    }
    return graph.steps().stream().filter(step -> names.contains(step.name())).toList();
  }
}
