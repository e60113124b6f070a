package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.graft.network.Typicality;
import java.util.Arrays;
import java.util.List;

/** Writes {@link Typicality} as ONNX operators, which mean the same in every opset from 7 on. */
final class TypicalityNodes {
  /** Opset in which the number of values of TopK became an input. */
  private static final int COUNT_IS_INPUT_SINCE = 10;

  private final OnnxGraph graph;

  private TypicalityNodes(OnnxGraph graph) {
    this.graph = graph;
  }

  /**
   * Adds the output {@link Typicality#NAME}, {@code (N)}, float32.
   *
   * @param features name of the last stage's features, {@code (N, width)}
   */
  static void add(OnnxGraph graph, Typicality typicality, String features) {
    new TypicalityNodes(graph).add(typicality, features);
  }

  private void add(Typicality typicality, String features) {
    Typicality.Bank bank = typicality.bank();
    List<Long> shape = List.of((long) bank.width(), (long) bank.rows());
    List<Long> row = List.of(1L, (long) bank.rows());
    String columns = graph.bytes(name("int8"), shape, bank.columns());
    // ONNX Runtime folds this cast of a constant once, when it opens the file.
    String floats = graph.toFloat(name("columns"), columns);
    String scales = graph.floats(name("scales"), row, bank.scales());
    String unit =
        graph.node(
            "LpNormalization",
            name("unit"),
            List.of(features),
            attribute("axis", 1),
            attribute("p", 2));
    String products = node("MatMul", "products", unit, floats);
    String similarities = node("Mul", "similarities", products, scales);
    String nearest = nearest(similarities, typicality.neighbors());

    float[] heldOut = typicality.heldOut();
    String sorted = graph.floats(name("heldout"), List.of(1L, (long) heldOut.length), heldOut);
    String isNearer = node("Less", "isnearer", nearest, sorted);
    String nearer = graph.toFloat(name("nearer"), isNearer);
    String ones = column("ones", heldOut.length, 1);
    String count = node("MatMul", "count", nearer, ones);
    String images = graph.scalar(name("images"), heldOut.length);
    String farther = node("Sub", "farther", images, count);
    String share = node("Div", "share", farther, images);
    graph.node("Reshape", Typicality.NAME, List.of(share, graph.longs(name("shape"), -1)));
    graph.output(Typicality.NAME);
  }

  /** Returns the mean of the k largest values of each row, {@code (N, 1)}. */
  private String nearest(String similarities, int k) {
    List<String> outputs = List.of(name("largest"), name("indices"));
    AttributeProto axis = attribute("axis", 1);
    String largest =
        graph.opset() >= COUNT_IS_INPUT_SINCE
            ? graph.node("TopK", outputs, List.of(similarities, graph.longs(name("k"), k)), axis)
            : graph.node("TopK", outputs, List.of(similarities), axis, attribute("k", k));
    return node("MatMul", "nearest", largest, column("weights", k, 1f / k));
  }

  private String column(String suffix, int count, float value) {
    float[] column = new float[count];
    Arrays.fill(column, value);
    return graph.floats(name(suffix), List.of((long) count, 1L), column);
  }

  private String node(String operator, String suffix, String input, String other) {
    return graph.node(operator, name(suffix), List.of(input, other));
  }

  private static String name(String suffix) {
    return Typicality.NAME + "." + suffix;
  }
}
