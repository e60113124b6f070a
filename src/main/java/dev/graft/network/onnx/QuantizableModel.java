package dev.graft.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.graft.GraftException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An external model, and the part of it that can be int8: convolutions and products with constant
 * matrices. Those that read pixels stay float32, as do those that read averages over the image, as
 * in {@link QuantizableRendering}; so do products of two activations (attention).
 */
final class QuantizableModel {
  private static final Set<String> AVERAGES = Set.of("GlobalAveragePool", "ReduceMean");

  private final ModelSkeleton model;
  private final ModelConstants constants;

  /** Nodes that read a value, by its name; the model itself, as a default node, reads outputs. */
  private final Map<String, List<NodeProto>> readers = new HashMap<>();

  /** The node that writes a value. */
  private final Map<String, NodeProto> writers = new HashMap<>();

  /** By the output of their node. */
  private final Map<String, Product> products = new LinkedHashMap<>();

  /** Nodes that an earlier node replaces, by their output. */
  private final Set<String> folded = new HashSet<>();

  private final Set<String> values = new LinkedHashSet<>();

  /** Values that exist only quantized; later nodes read them dequantized. */
  private final Set<String> integers = new HashSet<>();

  /** Nodes that compute integers from integers, and the value that they write; by their output. */
  private final Map<String, String> carriers = new HashMap<>();

  /**
   * Finds what can be int8.
   *
   * @throws GraftException if nothing can
   */
  QuantizableModel(ModelSkeleton model) {
    this.model = model;
    constants = new ModelConstants(model);
    List<NodeProto> nodes = graph().getNodeList();
    refuseQuantized(nodes);
    for (NodeProto node : nodes) {
      node.getOutputList().forEach(output -> writers.put(output, node));
      read(node).forEach(name -> readers.computeIfAbsent(name, x -> new ArrayList<>()).add(node));
    }
    for (ValueInfoProto output : graph().getOutputList()) {
      readers
          .computeIfAbsent(output.getName(), x -> new ArrayList<>())
          .add(NodeProto.getDefaultInstance());
    }
    findProducts(nodes);
    if (products.isEmpty()) {
      throw new GraftException(
          "none of its convolutions and matrix products, after the first, has constant float32"
              + " weights");
    }
    nodes.forEach(this::findCarrier);
  }

  private GraphProto graph() {
    return model.model().getGraph();
  }

  private static void refuseQuantized(List<NodeProto> nodes) {
    nodes.stream()
        .map(NodeProto::getOpType)
        .filter(type -> type.matches("Q[A-Z].*|.*Quantize.*|.*Integer.*|MatMulNBits"))
        .findFirst()
        .ifPresent(
            type -> {
              throw new GraftException(
                  "it is quantized already (it has the operator " + type + ")");
            });
  }

  /** Returns the values that a node reads, also in its branches. */
  private static Stream<String> read(NodeProto node) {
    return Stream.concat(
        node.getInputList().stream(),
        node.getAttributeList().stream()
            .filter(AttributeProto::hasG)
            .flatMap(each -> read(each.getG())));
  }

  private static Stream<String> read(GraphProto branch) {
    return Stream.concat(
        branch.getNodeList().stream().flatMap(QuantizableModel::read),
        branch.getOutputList().stream().map(ValueInfoProto::getName));
  }

  private void findProducts(List<NodeProto> nodes) {
    Set<String> pixels =
        model.inputs().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
    Set<String> averages = new HashSet<>();
    for (NodeProto node : nodes) {
      List<String> variable =
          read(node).filter(name -> !name.isEmpty() && !constants.isConstant(name)).toList();
      Optional<Product> product = product(node);
      if (AVERAGES.contains(node.getOpType())
          || (!variable.isEmpty() && averages.containsAll(variable))) {
        averages.addAll(node.getOutputList());
      } else if (product.isPresent()) {
        product.filter(each -> !pixels.contains(each.input())).ifPresent(this::add);
      } else if (!variable.isEmpty() && pixels.containsAll(variable)) {
        pixels.addAll(node.getOutputList());
      }
    }
  }

  private void add(Product product) {
    products.put(product.node().getOutput(0), product);
    values.add(product.input());
    if (product.isConvolution()) {
      values.add(product.output());
      integers.add(product.output());
      product.norm().ifPresent(norm -> folded.add(norm.getOutput(0)));
      fold(product.node(), product.output());
    }
  }

  /** Marks the node that writes a value as folded, unless that is the given node. */
  private void fold(NodeProto into, String value) {
    if (!value.equals(into.getOutput(0))) {
      folded.add(value);
    }
  }

  private Optional<Product> product(NodeProto node) {
    boolean fits =
        switch (node.getOpType()) {
          case "Conv" -> hasWeights(node, 4);
          case "MatMul" -> hasWeights(node, 2);
          case "Gemm" ->
              hasWeights(node, 2) && integer(node, "transA") == 0 && real(node, "beta") == 1;
          default -> false;
        };
    Optional<String> bias =
        Optional.of(node)
            .filter(each -> fits && each.getInputCount() > 2)
            .map(each -> each.getInput(2))
            .filter(name -> !name.isEmpty());
    if (!fits || bias.filter(name -> constants.shape(name).isEmpty()).isPresent()) {
      return Optional.empty();
    }
    Optional<NodeProto> norm = Optional.empty();
    String output = node.getOutput(0);
    if (node.getOpType().equals("Conv")) {
      norm = only(output).filter(this::isFoldable);
      output = clipped(norm.map(each -> each.getOutput(0)).orElse(output));
    }
    return Optional.of(new Product(node, node.getInput(0), node.getInput(1), bias, norm, output));
  }

  private boolean hasWeights(NodeProto node, int axes) {
    return node.getInputCount() > 1
        && constants.shape(node.getInput(1)).filter(shape -> shape.size() == axes).isPresent()
        && !constants.isConstant(node.getInput(0));
  }

  private boolean isFoldable(NodeProto node) {
    return node.getOpType().equals("BatchNormalization")
        && node.getOutputCount() == 1
        && integer(node, "training_mode") == 0
        && node.getInputList().stream().skip(1).allMatch(name -> constants.shape(name).isPresent());
  }

  /**
   * Returns the value after the ReLU that alone reads a value, or that value: bytes of a range from
   * 0 to its maximum are clipped anyway.
   */
  private String clipped(String value) {
    return only(value).filter(this::isRelu).map(each -> each.getOutput(0)).orElse(value);
  }

  /** Returns whether a node is a ReLU, or one that is clipped above, too. */
  private boolean isRelu(NodeProto node) {
    if (!node.getOpType().equals("Clip")) {
      return node.getOpType().equals("Relu");
    }
    return node.getInputCount() > 1
        ? constants.scalar(node.getInput(1)).filter(min -> min == 0).isPresent()
        : attribute(node, "min").filter(min -> min.getF() == 0).isPresent();
  }

  /** Returns the node that alone reads a value. */
  Optional<NodeProto> only(String value) {
    List<NodeProto> all = readers.getOrDefault(value, List.of());
    return all.size() == 1 && !all.get(0).getOpType().isEmpty()
        ? Optional.of(all.get(0))
        : Optional.empty();
  }

  /** Finds out whether ONNX Runtime computes a node on integers, if its values are quantized. */
  private void findCarrier(NodeProto node) {
    boolean fits =
        switch (node.getOpType()) {
          case "Add", "Concat" -> values.containsAll(node.getInputList());
          case "MaxPool" -> node.getOutputCount() == 1 && values.containsAll(node.getInputList());
          default -> false;
        };
    if (fits) {
      String output = node.getOutput(0);
      // The scale of a maximum is that of its input, and need not start at 0.
      String after = node.getOpType().equals("MaxPool") ? output : clipped(output);
      if (values.contains(after)) {
        carriers.put(output, after);
        integers.add(after);
        fold(node, after);
      }
    }
  }

  /** Returns the number of products. */
  int size() {
    return products.size();
  }

  /** Returns the values that are quantized. */
  Set<String> values() {
    return values;
  }

  /** Returns the length of the last axis of a value that matrices multiply; 0 for maps. */
  long rowLength(String value) {
    return products.values().stream()
        .filter(each -> each.input().equals(value) && !each.isConvolution())
        .mapToLong(this::inputs)
        .findFirst()
        .orElse(0);
  }

  private long inputs(Product product) {
    boolean rows = product.isGemm() && integer(product.node(), "transB") == 1;
    return constants.shape(product.weights()).orElseThrow().get(rows ? 1 : 0);
  }

  /** Returns the names of the file's values. */
  Stream<String> names() {
    return Stream.of(readers.keySet(), writers.keySet()).flatMap(Set::stream);
  }

  ModelSkeleton model() {
    return model;
  }

  ModelConstants constants() {
    return constants;
  }

  /** Returns the product that a node computes. */
  Optional<Product> productOf(NodeProto node) {
    return Optional.ofNullable(products.get(node.getOutput(0)));
  }

  /** Returns the name of the value that a node writes, which computes integers from integers. */
  Optional<String> carriedBy(NodeProto node) {
    return Optional.ofNullable(carriers.get(node.getOutput(0)));
  }

  /** Returns whether another node computes this node's value. */
  boolean isFolded(NodeProto node) {
    return folded.contains(node.getOutput(0));
  }

  /**
   * Returns whether later nodes must read a value dequantized, because it does not exist in
   * float32.
   */
  boolean isInteger(String value) {
    return integers.contains(value);
  }

  Optional<NodeProto> writer(String value) {
    return Optional.ofNullable(writers.get(value));
  }

  /** Returns the matrix products that read a value; empty if anything else reads it, too. */
  List<Product> onlyMatricesOf(String value) {
    List<Product> all =
        products.values().stream()
            .filter(each -> each.input().equals(value) && !each.isConvolution())
            .toList();
    return all.size() == readers.getOrDefault(value, List.of()).size() ? all : List.of();
  }

  static Optional<AttributeProto> attribute(NodeProto node, String name) {
    return node.getAttributeList().stream().filter(each -> each.getName().equals(name)).findFirst();
  }

  /** Returns an attribute of one integer, by default 0. */
  static long integer(NodeProto node, String name) {
    return attribute(node, name).map(AttributeProto::getI).orElse(0L);
  }

  /** Returns an attribute of one float32, by default 1. */
  static float real(NodeProto node, String name) {
    return attribute(node, name).map(AttributeProto::getF).orElse(1f);
  }

  /** Returns the model without nodes and constants that nothing reads. */
  static ModelSkeleton live(ModelSkeleton model) {
    GraphProto graph = model.model().getGraph();
    Set<String> used = new HashSet<>();
    graph.getOutputList().forEach(each -> used.add(each.getName()));
    List<NodeProto> live = new ArrayList<>();
    for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = graph.getNode(i);
      if (node.getOutputList().stream().anyMatch(used::contains)) {
        live.add(0, node);
        read(node).forEach(used::add);
      }
    }
    GraphProto.Builder built = graph.toBuilder().clearNode().clearInitializer().addAllNode(live);
    graph.getInitializerList().stream()
        .filter(each -> used.contains(each.getName()))
        .forEach(built::addInitializer);
    return new ModelSkeleton(
        model.model().toBuilder().setGraph(built).build(),
        model.fileBacked().stream()
            .filter(each -> used.contains(each.constant().getName()))
            .toList());
  }
}
