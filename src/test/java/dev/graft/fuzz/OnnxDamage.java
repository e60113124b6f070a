package dev.graft.fuzz;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A valid ONNX file in which a part of the network is wrong. */
final class OnnxDamage {
  /** Operators of other shapes or types, or with other inputs; and one that does not exist. */
  private static final List<String> OPERATORS =
      List.of(
          "Shape",
          "Flatten",
          "Transpose",
          "Squeeze",
          "ReduceMean",
          "ReduceSum",
          "Size",
          "Cast",
          "ArgMax",
          "NonZero",
          "Identity",
          "Loop",
          "If",
          "Split",
          "TopK",
          "Resize",
          "Nothing");

  private static final long[] NUMBERS = {0, 1, -1, 2, 3, 7, 13, 1 << 20, 1L << 31, Long.MAX_VALUE};

  private OnnxDamage() {}

  static byte[] of(byte[] sound, Random random) throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(sound).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    int at = random.nextInt(graph.getNodeCount());
    NodeProto.Builder node = graph.getNodeBuilder(at);
    switch (random.nextInt(8)) {
      case 0 -> node.setOpType(any(OPERATORS, random));
      case 1 -> node.setInput(random.nextInt(node.getInputCount()), any(names(graph), random));
      case 2 -> graph.removeNode(at);
      case 3 -> number(node, random);
      case 4 -> shape(graph.getInputBuilder(0), random);
      case 5 -> graph.getOutputBuilder(0).setName(any(names(graph), random));
      case 6 -> constant(any(graph.getInitializerBuilderList(), random), random);
      default -> shape(graph.getOutputBuilder(0), random);
    }
    return model.build().toByteArray();
  }

  private static List<String> names(GraphProto.Builder graph) {
    List<String> names = new ArrayList<>(List.of("", "nowhere"));
    graph.getInputList().forEach(each -> names.add(each.getName()));
    graph.getNodeList().forEach(each -> names.addAll(each.getOutputList()));
    graph.getInitializerList().forEach(each -> names.add(each.getName()));
    return names;
  }

  private static void number(NodeProto.Builder node, Random random) {
    List<AttributeProto.Builder> some =
        node.getAttributeBuilderList().stream().filter(each -> each.getIntsCount() > 0).toList();
    if (some.isEmpty()) {
      node.addInput("pixels");
    } else {
      AttributeProto.Builder attribute = any(some, random);
      attribute.setInts(random.nextInt(attribute.getIntsCount()), any(random));
    }
  }

  private static void shape(ValueInfoProto.Builder value, Random random) {
    var tensor = value.getTypeBuilder().getTensorTypeBuilder();
    if (random.nextInt(3) == 0) {
      tensor.setElemType(random.nextInt(20));
    } else {
      int axes = tensor.getShape().getDimCount();
      tensor.getShapeBuilder().getDimBuilder(random.nextInt(axes)).setDimValue(any(random));
    }
  }

  private static void constant(TensorProto.Builder constant, Random random) {
    switch (random.nextInt(4)) {
      case 0 -> constant.setDataType(random.nextInt(20));
      case 1 -> constant.clearRawData();
      case 2 -> constant.setDataLocation(TensorProto.DataLocation.EXTERNAL);
      default -> constant.addDims(any(random));
    }
  }

  private static long any(Random random) {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private static <T> T any(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
