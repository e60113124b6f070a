package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A small network in any opset, as exporters of that time wrote it: constants are inputs in old
 * files, and Pad, Clip, Dropout and ReduceMean have the inputs of that opset. Its outputs are
 * {@code maps (N, 4, 16, 16)} and {@code means (N, 4)}, both with negative values.
 */
public final class ExternalModel {
  private static final List<Long> PADS = List.of(0L, 0L, 1L, 1L, 0L, 0L, 1L, 1L);

  private final int opset;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("external");

  private ExternalModel(int opset) {
    this.opset = opset;
  }

  /** Returns the bytes of a file of a network that takes {@code (N, 3, 32, 32)}, float32. */
  public static byte[] bytes(int opset) {
    return new ExternalModel(opset).model().toByteArray();
  }

  private ModelProto model() {
    graph.addInput(value("x", 3, 32, 32));
    floats("kernel", new long[] {4, 3, 3, 3}, 0.02f, 5);
    if (opset < 7) { // in which ONNX Runtime supports hardly more than convolutions
      node("Conv", "maps", "x", "kernel").addAttribute(attribute("strides", List.of(2L, 2L)));
      graph.addOutput(value("maps", 4, 15, 15));
      return file();
    }
    floats("gamma", new long[] {4}, 1, 6);
    floats("beta", new long[] {4}, 1, 7);
    floats("mean", new long[] {4}, 0, 8);
    floats("variance", new long[] {4}, 0, 9);
    node("Conv", "conv", "x", "kernel").addAttribute(attribute("strides", List.of(2L, 2L)));
    node("BatchNormalization", "norm", "conv", "gamma", "beta", "mean", "variance");
    if (opset < 11) {
      node("Clip", "clip", "norm")
          .addAttribute(attribute("min", -3f))
          .addAttribute(attribute("max", 3f));
      node("Pad", "pad", "clip").addAttribute(attribute("pads", PADS));
    } else {
      scalar("low", -3);
      scalar("high", 3);
      longs("pads", PADS);
      node("Clip", "clip", "norm", "low", "high");
      node("Pad", "pad", "clip", "pads");
    }
    node("AveragePool", "maps", "pad")
        .addAttribute(attribute("kernel_shape", List.of(3L, 3L)))
        .addAttribute(attribute("pads", List.of(0L, 0L, 1L, 1L)))
        .addAttribute(attribute("count_include_pad", 1));
    if (opset < 12) {
      node("Dropout", "dropout", "maps").addAttribute(attribute("ratio", 0.5f));
    } else {
      scalar("ratio", 0.5f);
      node("Dropout", "dropout", "maps", "ratio");
    }
    NodeProto.Builder mean;
    if (opset < 18) {
      mean = node("ReduceMean", "means", "dropout");
      mean.addAttribute(attribute("axes", List.of(2L, 3L)));
    } else {
      longs("axes", List.of(2L, 3L));
      mean = node("ReduceMean", "means", "dropout", "axes");
    }
    mean.addAttribute(attribute("keepdims", 0));
    graph.addOutput(value("maps", 4, 16, 16)).addOutput(value("means", 4));
    return file();
  }

  private ModelProto file() {
    return ModelProto.newBuilder()
        .setIrVersion(opset < 9 ? 3 : 8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build();
  }

  private NodeProto.Builder node(String operator, String output, String... inputs) {
    return graph
        .addNodeBuilder()
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private void scalar(String name, float value) {
    ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    constant(name, TensorProto.DataType.FLOAT, bytes.putFloat(value));
  }

  private void longs(String name, List<Long> values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putLong);
    constant(name, TensorProto.DataType.INT64, bytes, values.size());
  }

  /** Adds Gaussian values of this deviation around 0, or, with deviation 0, ones. */
  private void floats(String name, long[] shape, float deviation, long seed) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(deviation == 0 ? 1 : deviation * (float) random.nextGaussian());
    }
    constant(name, TensorProto.DataType.FLOAT, bytes, shape);
  }

  private void constant(String name, TensorProto.DataType type, ByteBuffer bytes, long... shape) {
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(Arrays.stream(shape).boxed().toList())
            .setRawData(ByteString.copyFrom(bytes.flip())));
    if (opset < 9) {
      graph.addInput(ValueInfoProto.newBuilder(value(name)).setType(type(type, false, shape)));
    }
  }

  private static ValueInfoProto value(String name, long... shape) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(type(TensorProto.DataType.FLOAT, true, shape))
        .build();
  }

  private static TypeProto type(TensorProto.DataType type, boolean batch, long... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    if (batch) {
      dimensions.addDimBuilder().setDimParam("N");
    }
    Arrays.stream(shape).forEach(length -> dimensions.addDimBuilder().setDimValue(length));
    return TypeProto.newBuilder()
        .setTensorType(
            TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(dimensions))
        .build();
  }

  /** Returns a network of channel means, which are NaN for an image of a single color. */
  public static byte[] ofVariedImages() {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", TensorProto.DataType.FLOAT, 3, 32, 32);
    String most = graph.node("GlobalMaxPool", "most", List.of("x"));
    String negative = graph.node("Neg", "negative", List.of("x"));
    String least = graph.node("GlobalMaxPool", "least", List.of(negative));
    String range = graph.node("Add", "range", List.of(most, least));
    String one = graph.node("Div", "one", List.of(range, range));
    String mean = graph.node("GlobalAveragePool", "mean", List.of("x"));
    String means = graph.node("Mul", "means", List.of(mean, one));
    graph.outputOfUnknownShape(graph.node("Flatten", "out", List.of(means)));
    return graph.file(Map.of()).bytes();
  }

  /** Returns a network of channel means that takes bytes. */
  public static byte[] ofBytes() {
    OnnxGraph graph = new OnnxGraph(false);
    graph.input("x", TensorProto.DataType.UINT8, 3, 32, 32);
    String floats =
        graph.node(
            "Cast", "f", List.of("x"), attribute("to", TensorProto.DataType.FLOAT.getNumber()));
    String mean = graph.node("GlobalAveragePool", "mean", List.of(floats));
    graph.outputOfUnknownShape(graph.node("Flatten", "out", List.of(mean)));
    return graph.file(Map.of()).bytes();
  }
}
