package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.graft.GraftException;
import java.util.List;

/**
 * Renames the values of an external ONNX model that is embedded in a graph. Every name gets a
 * prefix, so that it can't clash with a name of the graph; the input becomes a value of the graph.
 *
 * @param prefix of all names
 * @param input name of the input in the external model
 * @param value name of the value of the graph that replaces the input
 */
record EmbeddedModel(String prefix, String input, String value) {
  /**
   * Adds an external model to a graph.
   *
   * @param prefix of all its names
   * @param value name of the value that it takes as input
   * @return names of its outputs
   * @throws GraftException if it has no input
   */
  static List<String> in(OnnxGraph graph, ModelSkeleton model, String prefix, String value) {
    GraphProto external = model.model().getGraph();
    String input =
        model.inputs().stream()
            .map(ValueInfoProto::getName)
            .findFirst()
            .orElseThrow(
                () ->
                    new GraftException("it has no input besides its constants; export it again."));
    EmbeddedModel renamed = new EmbeddedModel(prefix, input, value);
    graph.add(
        model.model(),
        external.getNodeList().stream().map(renamed::node).toList(),
        external.getInitializerList().stream().map(renamed::constant).toList(),
        model.fileBacked().stream()
            .map(each -> each.named(renamed.name(each.constant().getName())))
            .toList());
    return external.getOutputList().stream().map(output -> renamed.name(output.getName())).toList();
  }

  /** Renames a value; the empty name, which stands for an omitted input, stays. */
  private String name(String name) {
    return name.isEmpty() ? "" : name.equals(input) ? value : prefix + name;
  }

  private TensorProto constant(TensorProto constant) {
    if (constant.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      throw new GraftException(
          "A branch of the external backbone has weights in a separate file, which is not supported;"
              + " save it as one ONNX file.");
    }
    return constant.toBuilder().setName(name(constant.getName())).build();
  }

  /** Renames a node; a node without a name stays so, because names must be unique. */
  private NodeProto node(NodeProto node) {
    NodeProto.Builder renamed =
        node.toBuilder()
            .clearInput()
            .clearOutput()
            .clearAttribute()
            .setName(node.getName().isEmpty() ? "" : prefix + node.getName());
    node.getInputList().forEach(each -> renamed.addInput(name(each)));
    node.getOutputList().forEach(each -> renamed.addOutput(name(each)));
    node.getAttributeList().forEach(each -> renamed.addAttribute(attribute(each)));
    return renamed.build();
  }

  /** Renames the subgraphs of an attribute (branches and loop bodies), which use outer names. */
  private AttributeProto attribute(AttributeProto attribute) {
    AttributeProto.Builder renamed = attribute.toBuilder();
    if (attribute.hasG()) {
      renamed.setG(graph(attribute.getG()));
    }
    for (int i = 0; i < attribute.getGraphsCount(); i++) {
      renamed.setGraphs(i, graph(attribute.getGraphs(i)));
    }
    return renamed.build();
  }

  private GraphProto graph(GraphProto graph) {
    GraphProto.Builder renamed =
        graph.toBuilder()
            .clearNode()
            .clearInitializer()
            .clearInput()
            .clearOutput()
            .clearValueInfo();
    graph.getNodeList().forEach(each -> renamed.addNode(node(each)));
    graph.getInitializerList().forEach(each -> renamed.addInitializer(constant(each)));
    graph.getInputList().forEach(each -> renamed.addInput(value(each)));
    graph.getOutputList().forEach(each -> renamed.addOutput(value(each)));
    return renamed.build();
  }

  private ValueInfoProto value(ValueInfoProto value) {
    return value.toBuilder().setName(name(value.getName())).build();
  }
}
