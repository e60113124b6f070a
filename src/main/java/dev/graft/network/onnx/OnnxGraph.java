package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.graft.GraftException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An ONNX graph under construction; each node may read the values of those added before it. */
final class OnnxGraph {
  /** The opset (version of ONNX's operators) of a graph without an external model. */
  private static final int OPSET = 17;

  /**
   * The first opset whose operators broadcast as Graft's nodes need it; of older ones ONNX Runtime
   * supports only some operators.
   */
  private static final int MIN_OPSET = 7;

  /** Version of the file format that came with {@link #OPSET}. */
  private static final int FORMAT = 8;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graft");

  /** The model without its graph and metadata. */
  private final ModelProto.Builder model =
      ModelProto.newBuilder()
          .setIrVersion(FORMAT)
          .setProducerName("graft")
          .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));

  private final List<FileBackedTensor> fileBacked = new ArrayList<>();
  private final boolean oneImage;
  private long opset = OPSET;

  /**
   * @param oneImage whether a batch has exactly one image
   */
  OnnxGraph(boolean oneImage) {
    this.oneImage = oneImage;
  }

  /** Returns the opset that the next nodes must be written for. */
  long opset() {
    return opset;
  }

  /** Adds an operator with one output and returns the output's name. */
  String node(String operator, String output, List<String> inputs, AttributeProto... attributes) {
    return node(operator, List.of(output), inputs, attributes);
  }

  /** Adds an operator and returns the name of its first output. */
  String node(
      String operator, List<String> outputs, List<String> inputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(outputs.get(0) + "/" + operator)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(Arrays.asList(attributes)));
    return outputs.get(0);
  }

  /** Adds a conversion to float32 and returns the output's name. */
  String toFloat(String output, String input) {
    AttributeProto type = attribute("to", TensorProto.DataType.FLOAT.getNumber());
    return node("Cast", output, List.of(input), type);
  }

  /** Adds an operator as it is. */
  void add(NodeProto node) {
    graph.addNode(node);
  }

  /** Returns the nodes and constants that were added so far. */
  GraphProto built() {
    return graph.build();
  }

  /** Returns an attribute of one integer. */
  static AttributeProto attribute(String name, long value) {
    return attribute(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  /** Returns an attribute of one float32. */
  static AttributeProto attribute(String name, float value) {
    return attribute(name, AttributeProto.AttributeType.FLOAT).setF(value).build();
  }

  /** Returns an attribute of integers. */
  static AttributeProto attribute(String name, List<Long> values) {
    return attribute(name, AttributeProto.AttributeType.INTS).addAllInts(values).build();
  }

  private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  /** Adds a float32 constant, in row-major order, and returns its name. */
  String floats(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = buffer(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    return constant(name, TensorProto.DataType.FLOAT, shape, bytes);
  }

  /** Adds a float32 constant of shape {@code ()} and returns its name. */
  String scalar(String name, float value) {
    return floats(name, List.of(), value);
  }

  /** Adds an int64 constant of one axis and returns its name. */
  String longs(String name, long... values) {
    ByteBuffer bytes = buffer(Long.BYTES * values.length);
    bytes.asLongBuffer().put(values);
    return constant(name, TensorProto.DataType.INT64, List.of((long) values.length), bytes);
  }

  /** Adds an int32 constant of one axis and returns its name. */
  String ints(String name, int... values) {
    ByteBuffer bytes = buffer(Integer.BYTES * values.length);
    bytes.asIntBuffer().put(values);
    return constant(name, TensorProto.DataType.INT32, List.of((long) values.length), bytes);
  }

  /** Adds an int8 constant and returns its name. */
  String bytes(String name, List<Long> shape, byte... values) {
    return constant(name, TensorProto.DataType.INT8, shape, ByteBuffer.wrap(values));
  }

  /** Adds a uint8 constant of shape {@code ()}, 0 to 255, and returns its name. */
  String unsignedByte(String name, int value) {
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {(byte) value});
    return constant(name, TensorProto.DataType.UINT8, List.of(), bytes);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private String constant(
      String name, TensorProto.DataType type, List<Long> shape, ByteBuffer bytes) {
    ByteString raw = UnsafeByteOperations.unsafeWrap(bytes); // never changed afterwards
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(shape)
            .setRawData(raw));
    return name;
  }

  /**
   * Declares an input.
   *
   * @param shape without the batch
   */
  void input(String name, TensorProto.DataType type, long... shape) {
    graph.addInput(value(name, type, shape));
  }

  /**
   * Declares an output, float32.
   *
   * @param shape without the batch
   */
  void output(String name, long... shape) {
    graph.addOutput(value(name, TensorProto.DataType.FLOAT, shape));
  }

  /** Declares an output, float32, of an unknown shape. */
  void outputOfUnknownShape(String name) {
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber());
    graph.addOutput(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(TypeProto.newBuilder().setTensorType(tensor)));
  }

  private ValueInfoProto value(String name, TensorProto.DataType type, long... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    if (oneImage) {
      dimensions.addDimBuilder().setDimValue(1);
    } else {
      dimensions.addDimBuilder().setDimParam("N");
    }
    Arrays.stream(shape).forEach(length -> dimensions.addDimBuilder().setDimValue(length));
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(dimensions);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /**
   * Adds nodes and constants of an external model. The graph adopts the opset of that model,
   * because most operators change between versions; Graft's own nodes are written so that they mean
   * the same in every opset from {@value #MIN_OPSET} on.
   *
   * @throws GraftException if the opset of the external model is older
   */
  void add(
      ModelProto other,
      List<NodeProto> nodes,
      List<TensorProto> constants,
      List<FileBackedTensor> others) {
    model
        .setIrVersion(Math.max(FORMAT, other.getIrVersion()))
        .clearOpsetImport()
        .addAllOpsetImport(other.getOpsetImportList())
        .addAllFunctions(other.getFunctionsList());
    other.getOpsetImportList().stream()
        .filter(each -> each.getDomain().isEmpty() || each.getDomain().equals("ai.onnx"))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .ifPresentOrElse(
            version -> opset = version,
            () -> model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET)));
    if (opset < MIN_OPSET) {
      throw GraftException.of(
          "an external network must be written in ONNX's opset %d or newer, and this one is in opset"
              + " %d; export it again.",
          MIN_OPSET, opset);
    }
    graph.addAllNode(nodes).addAllInitializer(constants);
    fileBacked.addAll(others);
  }

  /** Returns the file of the graph, with its metadata. */
  OnnxFile file(Map<String, String> metadata) {
    metadata.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return new OnnxFile(model.build(), graph.build(), List.copyOf(fileBacked));
  }
}
