package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.graft.GraftException;
import dev.graft.engine.OnnxSession;
import dev.graft.network.Adapter;
import dev.graft.network.OutputSelection;
import dev.graft.network.OutputSelection.Candidate;
import dev.graft.util.InputSide;
import dev.graft.util.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Finds the layout of an external ONNX file's input and outputs, from its declarations and by a dry
 * run on noise: with one image alone, and in batches with other images, whose values must not
 * matter.
 */
public final class OnnxProbe {
  /**
   * Accepted difference of a feature between batches with different other images, relative to its
   * largest value, so that one large feature does not hide the others. Dynamic quantization of
   * other ranges differs by more than 1/255.
   */
  private static final double TOLERANCE = 2e-3;

  /**
   * Accepted difference relative to the largest value of all features, for those that are nearly 0.
   * Batches of another size differ by 1e-6 in float32 and 1e-3 in float16.
   */
  private static final double ROUNDING = 1e-5;

  private static final double HALF_ROUNDING = 2e-3;

  /** Images in a batch of the dry run. */
  private static final int BATCH = 3;

  /** Operators that measure the range of a whole batch. */
  private static final Set<String> DYNAMIC =
      Set.of(
          "DynamicQuantizeLinear",
          "DynamicQuantizeMatMul",
          "DynamicQuantizeLSTM",
          "MatMulInteger",
          "MatMulIntegerToFloat",
          "ConvInteger");

  private static final Set<DataType> FLOATS =
      Set.of(DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE);

  private static final String PIXELS = "pixels";

  /**
   * A declared value.
   *
   * @param shape -1 for a length that is not fixed; empty if it is not declared
   */
  public record Declared(String name, String type, List<Long> shape) {
    @Override
    public String toString() {
      String lengths =
          shape.stream()
              .map(length -> length < 0 ? "any" : length.toString())
              .collect(Collectors.joining(", ", "(", ")"));
      return name.replaceAll("\\p{Cntrl}", " ")
          + " "
          + (shape.isEmpty() ? "" : lengths + " ")
          + type;
    }
  }

  /**
   * The result of a dry run.
   *
   * @param notes sentences on everything unusual
   */
  public record Probed(Adapter adapter, List<String> notes) {}

  private final ModelSkeleton model;
  private final ValueInfoProto input;

  /** As declared; -1 for a length that is not fixed. */
  private final List<Long> shape;

  /**
   * Reads the declarations of a file.
   *
   * @throws GraftException if it is not an ONNX file with images as its only input
   */
  public OnnxProbe(Path file) {
    model = ModelSkeleton.read(file);
    List<ValueInfoProto> inputs = model.inputs();
    if (inputs.size() != 1) {
      throw new GraftException(
          "it must have one input, images, and has "
              + (inputs.isEmpty() ? "none" : inputs.size() + ": " + names(inputs))
              + "; export its image part alone (on Hugging Face often vision_model.onnx).");
    }
    input = inputs.get(0);
    shape = shape(input);
    if (!Set.of(DataType.FLOAT, DataType.FLOAT16, DataType.UINT8).contains(type(input))) {
      throw inputProblem("of float32, float16 or uint8");
    }
    if (!shape.isEmpty() && (shape.size() != 4 || layouts().isEmpty())) {
      throw inputProblem("(N, 3, H, W) or (N, H, W, 3)");
    }
    if (!shape.isEmpty() && shape.get(0) > 1) {
      throw new GraftException(
          "it takes batches of exactly "
              + shape.get(0)
              + " images; export it with a batch axis of any length, or of 1.");
    }
  }

  private GraftException inputProblem(String wanted) {
    return new GraftException("its input must be " + wanted + ", and is " + declared(input) + ".");
  }

  private static String names(List<ValueInfoProto> values) {
    return values.stream().map(ValueInfoProto::getName).collect(Collectors.joining(", "));
  }

  /** Returns the declared input. */
  public Declared input() {
    return declared(input);
  }

  /** Returns the declared outputs. */
  public List<Declared> outputs() {
    return model.model().getGraph().getOutputList().stream().map(OnnxProbe::declared).toList();
  }

  /** Returns the metadata of the file. */
  public Map<String, String> metadata() {
    Map<String, String> metadata = new HashMap<>();
    for (StringStringEntryProto each : model.model().getMetadataPropsList()) {
      metadata.put(each.getKey(), each.getValue());
    }
    return metadata;
  }

  /** Returns whether the input takes bytes, so that the network normalizes pixels itself. */
  public boolean takesBytes() {
    return type(input) == DataType.UINT8;
  }

  /**
   * Returns the side of the square input in pixels; empty if the file does not fix it.
   *
   * @throws GraftException if it is not square, or too small or large
   */
  public OptionalInt side() {
    if (shape.isEmpty()) {
      return OptionalInt.empty();
    }
    boolean last = layouts().get(0);
    long height = shape.get(last ? 1 : 2);
    long width = shape.get(last ? 2 : 3);
    if (height > 0 && width > 0 && height != width) {
      throw new GraftException(
          "it takes images of " + width + "x" + height + " pixels, and Graft's are square.");
    }
    long side = Math.max(height, width);
    if (side > 0 && (side < InputSide.MIN || side > InputSide.MAX)) {
      throw new GraftException(
          Text.of(
              "its file says that it takes images of %dx%d pixels, and Graft's are from %d to %d;"
                  + " export it for another size.",
              side, side, InputSide.MIN, InputSide.MAX));
    }
    return side > 0 ? OptionalInt.of((int) side) : OptionalInt.empty();
  }

  /** Returns the layouts that the declaration allows: whether the channels are the last axis. */
  private List<Boolean> layouts() {
    if (shape.isEmpty()) {
      return List.of(false, true);
    }
    if (shape.get(1) == 3) {
      return List.of(false);
    }
    if (shape.get(3) == 3) {
      return List.of(true);
    }
    return Stream.of(false, true).filter(last -> shape.get(last ? 3 : 1) < 0).toList();
  }

  private static Declared declared(ValueInfoProto value) {
    DataType type = type(value);
    return new Declared(
        value.getName(),
        type == DataType.FLOAT
            ? "float32"
            : type == DataType.DOUBLE
                ? "float64"
                : type == DataType.UNDEFINED ? "" : type.name().toLowerCase(Locale.ROOT),
        shape(value));
  }

  private static DataType type(ValueInfoProto value) {
    DataType type = DataType.forNumber(value.getType().getTensorType().getElemType());
    return type == null ? DataType.UNDEFINED : type;
  }

  private static List<Long> shape(ValueInfoProto value) {
    TypeProto.Tensor tensor = value.getType().getTensorType();
    return tensor.getShape().getDimList().stream()
        .map(Dimension::getDimValue)
        .map(length -> length > 0 ? length : -1)
        .toList();
  }

  // The dry run.

  /**
   * Runs the network on noise.
   *
   * @param side of the input in pixels
   * @throws GraftException if ONNX Runtime can't compute it, or if its outputs can't be features
   */
  public Probed run(int side, OutputSelection.Wanted wanted) {
    refuseTrainingMode();
    GraftException first = null;
    for (boolean channelsLast : layouts()) {
      boolean fixed = !shape.isEmpty() && shape.get(0) == 1;
      for (boolean one : fixed ? List.of(true) : List.of(false, true)) {
        try (Trial trial = new Trial(side, channelsLast, one)) {
          return found(trial, wanted, fixed);
        } catch (Unfit e) {
          // Another layout, or single images, may fit.
          first = first == null ? e : first;
        }
      }
    }
    throw new GraftException(first.getMessage(), first);
  }

  private Probed found(Trial trial, OutputSelection.Wanted wanted, boolean fixed) {
    List<String> notes = new ArrayList<>();
    if (trial.type() != Adapter.Type.FLOAT32 || trial.channelsLast) {
      notes.add("Input: " + declared(input) + ".");
    }
    OutputSelection selection = OutputSelection.of(trial.candidates(), trial.side, wanted);
    boolean dynamic = nodes().anyMatch(node -> DYNAMIC.contains(node.getOpType()));
    boolean one = trial.one;
    if (one) {
      notes.add(
          fixed
              ? "It takes one image at a time, as its file says."
              : "It is computed image by image, because it can't compute several images at once.");
    } else if (trial.dependsOnBatch() || dynamic) { // first, since it refuses random values
      one = true;
      notes.add(
          "It is computed image by image, because its values depend on the other images of a batch"
              + (dynamic ? " (dynamic quantization)." : "."));
    }
    notes.addAll(selection.notes());
    Adapter.Input how = new Adapter.Input(trial.channelsLast, trial.type());
    return new Probed(new Adapter(how, one, selection.outputs()), notes);
  }

  /** Refuses batch normalization that measures its batch, and dropout that drops. */
  private void refuseTrainingMode() {
    nodes()
        .filter(OnnxProbe::isInTrainingMode)
        .findFirst()
        .ifPresent(
            node -> {
              throw new GraftException(
                  "it was exported in training mode: its batch normalization"
                      + (node.getName().isBlank() ? "" : " " + node.getName().strip())
                      + " measures the images of each batch, so that the features of an image would"
                      + " depend on the others; export it again after model.eval().");
            });
  }

  private static boolean isInTrainingMode(NodeProto node) {
    return node.getOpType().equals("BatchNormalization")
        && (node.getOutputList().stream().filter(name -> !name.isEmpty()).count() > 1
            || QuantizableModel.integer(node, "training_mode") == 1);
  }

  /** Returns the nodes of the graph, its branches and its functions. */
  private Stream<NodeProto> nodes() {
    return Stream.concat(
        nodes(model.model().getGraph()),
        model.model().getFunctionsList().stream().flatMap(each -> each.getNodeList().stream()));
  }

  private static Stream<NodeProto> nodes(GraphProto graph) {
    return graph.getNodeList().stream()
        .flatMap(
            node ->
                Stream.concat(
                    Stream.of(node),
                    node.getAttributeList().stream()
                        .filter(AttributeProto::hasG)
                        .flatMap(each -> nodes(each.getG()))));
  }

  /** A way to call the network that failed. */
  private static final class Unfit extends GraftException {
    private static final long serialVersionUID = 1L;

    Unfit(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The network, called in one way, whose raw outputs are compared. */
  private final class Trial implements AutoCloseable {
    private final int side;
    private final boolean channelsLast;
    private final boolean one;
    private final OnnxSession session;
    private final float[][] images = new float[BATCH][];

    /** Declared outputs of floating-point numbers, by their position. */
    private final List<Integer> floats;

    private final List<OnnxSession.Value> values;

    Trial(int side, boolean channelsLast, boolean one) {
      this.side = side;
      this.channelsLast = channelsLast;
      this.one = one;
      List<ValueInfoProto> declared = model.model().getGraph().getOutputList();
      floats =
          IntStream.range(0, declared.size())
              .filter(i -> isFloat(declared.get(i)))
              .boxed()
              .toList();
      Random random = new Random(0);
      for (int i = 0; i < BATCH; i++) {
        images[i] = noise(random, i + 1);
      }
      OnnxSession opened = null;
      try {
        // ONNX Runtime can't open a model without requested outputs.
        opened = floats.isEmpty() ? null : file().open();
        values = floats.isEmpty() ? List.of() : run(opened, batch());
      } catch (GraftException e) {
        if (opened != null) {
          opened.close();
        }
        throw new Unfit(e.getMessage(), e);
      }
      session = opened;
      boolean none =
          values.stream().noneMatch(each -> each.shape().length > 0 && each.shape()[0] == rows());
      if (!floats.isEmpty() && none) {
        close();
        throw new Unfit(
            "for "
                + rows()
                + " images its outputs are "
                + values.stream().map(each -> Arrays.toString(each.shape())).toList()
                + "; the first number must be that of the images.",
            null);
      }
    }

    private float[][] batch() {
      return one ? new float[][] {images[0]} : images;
    }

    private int rows() {
      return one ? 1 : BATCH;
    }

    Adapter.Type type() {
      return switch (OnnxProbe.type(input)) {
        case FLOAT16 -> Adapter.Type.FLOAT16;
        case UINT8 -> Adapter.Type.UINT8;
        default -> Adapter.Type.FLOAT32;
      };
    }

    /** Returns noise whose range grows with its size, from 1 to that of the whole batch. */
    private float[] noise(Random random, int size) {
      float[] image = new float[3 * side * side];
      for (int i = 0; i < image.length; i++) {
        image[i] =
            takesBytes() ? random.nextInt(256 * size / BATCH) : size * random.nextFloat(-1, 1);
      }
      return image;
    }

    private OnnxFile file() {
      OnnxGraph graph = new OnnxGraph(one);
      graph.input(PIXELS, DataType.FLOAT, 3, side, side);
      OnnxRendering rendering =
          new OnnxRendering(
              graph, weight -> null, PixelType.FLOAT32, Map.of(), List.of(PIXELS), "external");
      String adapted = rendering.input(new Adapter.Input(channelsLast, type()));
      List<String> outputs = EmbeddedModel.in(graph, model, "external/", adapted);
      for (int each : floats) {
        graph.outputOfUnknownShape(graph.toFloat("output." + each, outputs.get(each)));
      }
      return graph.file(Map.of());
    }

    private List<OnnxSession.Value> run(OnnxSession opened, float[]... batch) {
      ByteBuffer pixels =
          ByteBuffer.allocateDirect(batch.length * batch[0].length * Float.BYTES)
              .order(ByteOrder.nativeOrder());
      FloatBuffer all = pixels.asFloatBuffer();
      for (float[] each : batch) {
        all.put(each);
      }
      return opened.run(pixels, batch.length, 3, side, side);
    }

    List<Candidate> candidates() {
      List<Candidate> candidates = new ArrayList<>();
      List<ValueInfoProto> declared = model.model().getGraph().getOutputList();
      for (int i = 0; i < declared.size(); i++) {
        String name = declared.get(i).getName();
        int at = floats.indexOf(i);
        List<Long> found =
            at < 0 ? List.of() : LongStream.of(values.get(at).shape()).boxed().toList();
        String problem =
            at < 0
                ? "it is of " + declared(declared.get(i)).type() + ", not of floating-point numbers"
                : problem(found, values.get(at).floats());
        candidates.add(
            new Candidate(
                i, name, problem.isEmpty() ? found.subList(1, found.size()) : List.of(), problem));
      }
      return candidates;
    }

    private String problem(List<Long> found, FloatBuffer numbers) {
      if (found.size() < 2 || found.size() > 4 || found.get(0) != rows()) {
        return "its shape for " + rows() + " images is " + found;
      }
      if (found.contains(0L)) {
        return "it has no values, its shape for " + rows() + " images is " + found;
      }
      for (int i = 0; i < numbers.remaining(); i++) {
        if (!Float.isFinite(numbers.get(i))) {
          return "its values for noise are not finite";
        }
      }
      return "";
    }

    /**
     * Returns whether the values of the image with the smallest range, or of that with the largest,
     * depend on the other images of the batch or on their number.
     */
    boolean dependsOnBatch() {
      if (differs(values, run(session, images))) {
        throw new GraftException(
            "it gives other values for the same images in each pass, as dropout in training mode"
                + " does; export it again after model.eval().");
      }
      List<OnnxSession.Value> reversed = run(session, images[2], images[1], images[0]);
      return differs(values, run(session, images[0]))
          || differs(values, run(session, images[0], images[2], images[2]))
          || differs(reversed, run(session, images[2]))
          || differs(reversed, run(session, images[2], images[0], images[0]));
    }

    /** Returns whether a feature of the first image differs from that in another pass. */
    private boolean differs(List<OnnxSession.Value> ones, List<OnnxSession.Value> others) {
      for (int k = 0; k < values.size(); k++) {
        long[] shape = ones.get(k).shape();
        if (shape.length >= 2
            && shape[0] == BATCH
            && differs(shape, ones.get(k).floats(), others.get(k).floats())) {
          return true;
        }
      }
      return false;
    }

    private boolean differs(long[] shape, FloatBuffer mine, FloatBuffer other) {
      boolean map = shape.length > 3 && shape[1] != shape[2];
      int features = (int) shape[map ? 1 : shape.length - 1];
      int size = Math.min(mine.remaining() / BATCH, other.remaining());
      if (features == 0 || size < features) {
        return false;
      }
      double[] largest = new double[features];
      double[] difference = new double[features];
      for (int i = 0; i < size; i++) {
        int at = map ? i / (size / features) : i % features;
        largest[at] = Math.max(largest[at], Math.abs(mine.get(i)));
        difference[at] = Math.max(difference[at], Math.abs(mine.get(i) - other.get(i)));
      }
      double rounding =
          (isHalf() ? HALF_ROUNDING : ROUNDING) * Arrays.stream(largest).max().orElse(0);
      return IntStream.range(0, features)
          .anyMatch(i -> difference[i] > TOLERANCE * largest[i] + rounding);
    }

    @Override
    public void close() {
      if (session != null) {
        session.close();
      }
    }
  }

  /** Returns whether it computes in 16 bits, at least in part. */
  private boolean isHalf() {
    return Stream.concat(
            model.model().getGraph().getInitializerList().stream(),
            model.fileBacked().stream().map(FileBackedTensor::constant))
        .anyMatch(each -> each.getDataType() == DataType.FLOAT16.getNumber());
  }

  private static boolean isFloat(ValueInfoProto output) {
    DataType type = type(output);
    boolean isTensor = output.getType().hasTensorType() || !output.hasType();
    return isTensor && (FLOATS.contains(type) || type == DataType.UNDEFINED);
  }
}
