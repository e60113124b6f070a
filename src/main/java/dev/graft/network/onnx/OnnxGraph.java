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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An ONNX graph that is being written: what is written last may read all that was before. */
final class OnnxGraph {
  /** Version of ONNX's operators, and of the file's format that came with it. */
  private static final int OPSET = 17;

  private static final int FORMAT = 8;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graft");

  /** All but the graph and its metadata. */
  private final ModelProto.Builder model =
      ModelProto.newBuilder()
          .setIrVersion(FORMAT)
          .setProducerName("graft")
          .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));

  private final List<FarConstant> far = new ArrayList<>();

  /** An operator with one output; gives the output's name back. */
  String node(String operator, String output, List<String> inputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(output + "/" + operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(Arrays.asList(attributes)));
    return output;
  }

  static AttributeProto attribute(String name, long value) {
    return attribute(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  static AttributeProto attribute(String name, float value) {
    return attribute(name, AttributeProto.AttributeType.FLOAT).setF(value).build();
  }

  static AttributeProto attribute(String name, List<Long> values) {
    return attribute(name, AttributeProto.AttributeType.INTS).addAllInts(values).build();
  }

  private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  /** A constant; gives its name back. */
  String floats(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = buffer(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    return constant(name, TensorProto.DataType.FLOAT, shape, bytes);
  }

  /** Likewise, of one value and no axes. */
  String scalar(String name, float value) {
    return floats(name, List.of(), value);
  }

  String longs(String name, long... values) {
    ByteBuffer bytes = buffer(Long.BYTES * values.length);
    bytes.asLongBuffer().put(values);
    return constant(name, TensorProto.DataType.INT64, List.of((long) values.length), bytes);
  }

  String ints(String name, int... values) {
    ByteBuffer bytes = buffer(Integer.BYTES * values.length);
    bytes.asIntBuffer().put(values);
    return constant(name, TensorProto.DataType.INT32, List.of((long) values.length), bytes);
  }

  String bytes(String name, List<Long> shape, byte... values) {
    return constant(name, TensorProto.DataType.INT8, shape, ByteBuffer.wrap(values));
  }

  /** One from 0 to 255, of no axes. */
  String unsignedByte(String name, int value) {
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {(byte) value});
    return constant(name, TensorProto.DataType.UINT8, List.of(), bytes);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private String constant(
      String name, TensorProto.DataType type, List<Long> shape, ByteBuffer bytes) {
    ByteString raw = UnsafeByteOperations.unsafeWrap(bytes); // nobody else has them
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(shape)
            .setRawData(raw));
    return name;
  }

  /**
   * Declares the input.
   *
   * @param shape without the batch
   */
  void input(String name, TensorProto.DataType type, long... shape) {
    graph.addInput(value(name, type, shape));
  }

  /** Declares an output, float32. */
  void output(String name, long... shape) {
    graph.addOutput(value(name, TensorProto.DataType.FLOAT, shape));
  }

  private static ValueInfoProto value(String name, TensorProto.DataType type, long... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    dimensions.addDimBuilder().setDimParam("N");
    Arrays.stream(shape).forEach(length -> dimensions.addDimBuilder().setDimValue(length));
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(dimensions);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /**
   * Takes in nodes and constants of another model, and the versions that they are written in: what
   * is written here beside them means the same in each that ONNX Runtime takes.
   */
  void add(
      ModelProto other,
      List<NodeProto> nodes,
      List<TensorProto> constants,
      List<FarConstant> others) {
    model
        .setIrVersion(Math.max(FORMAT, other.getIrVersion()))
        .clearOpsetImport()
        .addAllOpsetImport(other.getOpsetImportList())
        .addAllFunctions(other.getFunctionsList());
    graph.addAllNode(nodes).addAllInitializer(constants);
    far.addAll(others);
  }

  /** The file that holds the graph. */
  OnnxFile file(Map<String, String> metadata) {
    metadata.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return new OnnxFile(model.build(), graph.build(), List.copyOf(far));
  }
}
