package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.graft.GraftException;
import dev.graft.network.Layer;
import dev.graft.util.Messages;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Another ONNX model within one that is being written. All its names get a prefix, so that none is
 * one of ours; but its input is a value of ours.
 */
record EmbeddedModel(String prefix, String theirs, String ours) {
  /**
   * Writes the model of a file into a graph.
   *
   * @param prefix of all its names
   * @param input the value that it is to take
   * @return names of its outputs
   */
  static List<String> in(OnnxGraph graph, Layer.External layer, String prefix, String input) {
    ModelSkeleton model = model(layer);
    GraphProto foreign = model.model().getGraph();
    Set<String> constants = new HashSet<>();
    Stream.concat(
            foreign.getInitializerList().stream(),
            model.far().stream().map(FileBackedTensor::constant))
        .forEach(each -> constants.add(each.getName()));
    // Old files list constants among the inputs.
    String taken =
        foreign.getInputList().stream()
            .map(ValueInfoProto::getName)
            .filter(name -> !constants.contains(name))
            .findFirst()
            .orElseThrow(() -> new GraftException(layer.file() + " takes no input."));
    EmbeddedModel renamed = new EmbeddedModel(prefix, taken, input);
    graph.add(
        model.model(),
        foreign.getNodeList().stream().map(renamed::node).toList(),
        foreign.getInitializerList().stream().map(renamed::constant).toList(),
        model.far().stream()
            .map(each -> each.named(renamed.name(each.constant().getName())))
            .toList());
    return foreign.getOutputList().stream().map(output -> renamed.name(output.getName())).toList();
  }

  private static ModelSkeleton model(Layer.External layer) {
    if (layer.format() != Layer.External.Format.ONNX) {
      throw new GraftException(
          "A backbone in TorchScript can't be written as ONNX; PyTorch itself can export it.");
    }
    try {
      return ModelSkeleton.of(layer.file());
    } catch (IOException e) {
      throw new GraftException(
          layer.file() + " can't be read: " + Messages.of(e, "it is no ONNX file") + ".", e);
    }
  }

  /** No name stands for an input that is left out. */
  private String name(String name) {
    return name.isEmpty() ? "" : name.equals(theirs) ? ours : prefix + name;
  }

  private TensorProto constant(TensorProto constant) {
    if (constant.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      throw new GraftException(
          "A backbone's weights lie in other files than the network; save it as one file.");
    }
    return constant.toBuilder().setName(name(constant.getName())).build();
  }

  /** Two nodes may be without a name, but not of one name. */
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

  /**
   * The branches of a condition and the bodies of loops are graphs, which see the names outside.
   */
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
