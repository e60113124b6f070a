package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The constants of an external model: those of its graph, in other files, and of the operator
 * Constant; also transposed.
 */
final class ModelConstants {
  private final Map<String, TensorProto> inGraph = new HashMap<>();
  private final Map<String, FileBackedTensor> inFiles = new HashMap<>();

  /** Nodes that pass on a constant, by their output. */
  private final Map<String, NodeProto> derived = new HashMap<>();

  /** A float32 constant, in row-major order. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Floats(List<Long> shape, float[] values) {}

  ModelConstants(ModelSkeleton model) {
    model
        .model()
        .getGraph()
        .getInitializerList()
        .forEach(each -> inGraph.put(each.getName(), each));
    model.fileBacked().forEach(each -> inFiles.put(each.constant().getName(), each));
    for (NodeProto node : model.model().getGraph().getNodeList()) {
      if (node.getOpType().equals("Constant")
          && node.getAttributeCount() == 1
          && node.getAttribute(0).hasT()) {
        inGraph.put(node.getOutput(0), node.getAttribute(0).getT());
      } else if (List.of("Identity", "Transpose").contains(node.getOpType())
          && isConstant(node.getInput(0))) {
        derived.put(node.getOutput(0), node);
      }
    }
  }

  boolean isConstant(String name) {
    return inGraph.containsKey(name) || inFiles.containsKey(name) || derived.containsKey(name);
  }

  /** Returns the shape of a float32 constant; empty if the value is none. */
  Optional<List<Long>> shape(String name) {
    NodeProto node = derived.get(name);
    if (node == null) {
      return Optional.ofNullable(
              inFiles.containsKey(name) ? inFiles.get(name).constant() : inGraph.get(name))
          .filter(each -> each.getDataType() == TensorProto.DataType.FLOAT.getNumber())
          .map(TensorProto::getDimsList);
    }
    Optional<List<Long>> shape = shape(node.getInput(0));
    return node.getOpType().equals("Identity")
        ? shape
        : shape
            .filter(each -> each.size() == 2 && isPlainTranspose(node))
            .map(each -> List.of(each.get(1), each.get(0)));
  }

  private static boolean isPlainTranspose(NodeProto node) {
    return node.getAttributeList().stream()
        .map(AttributeProto::getIntsList)
        .allMatch(List.of(1L, 0L)::equals);
  }

  /** Returns a float32 constant; its shape must be known. */
  Floats floats(String name) {
    List<Long> shape = shape(name).orElseThrow();
    NodeProto node = derived.get(name);
    if (node != null) {
      Floats from = floats(node.getInput(0));
      return node.getOpType().equals("Identity") ? from : transposed(from);
    }
    return new Floats(
        shape, inFiles.containsKey(name) ? read(inFiles.get(name)) : values(inGraph.get(name)));
  }

  /** Returns a float32 constant of one value; empty if the value is none. */
  Optional<Float> scalar(String name) {
    return shape(name)
        .filter(shape -> shape.stream().allMatch(length -> length == 1))
        .map(shape -> floats(name).values()[0]);
  }

  /** Returns the transposed matrix. */
  static Floats transposed(Floats matrix) {
    int rows = Math.toIntExact(matrix.shape().get(0));
    int columns = Math.toIntExact(matrix.shape().get(1));
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        values[column * rows + row] = matrix.values()[row * columns + column];
      }
    }
    return new Floats(List.of((long) columns, (long) rows), values);
  }

  private static float[] read(FileBackedTensor tensor) {
    try {
      return tensor.floats();
    } catch (IOException e) {
      throw new GraftException(
          tensor.file() + " can't be read: " + Messages.of(e, "it is gone") + ".", e);
    }
  }

  private static float[] values(TensorProto constant) {
    float[] values = new float[Math.toIntExact(size(constant.getDimsList()))];
    if (constant.hasRawData()) {
      constant
          .getRawData()
          .asReadOnlyByteBuffer()
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = constant.getFloatData(i);
      }
    }
    return values;
  }

  private static long size(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
