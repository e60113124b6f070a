package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import java.util.List;
import java.util.function.Function;

/** Says of each picture between which values a layer's lie, and what a channel's mean is. */
final class Observing extends Frozen {
  /** Ends of the outputs' names. */
  static final String MIN = ".min";

  static final String MAX = ".max";
  static final String MEANS = ".means";

  Observing(OnnxRendering at, boolean passing) {
    super(at, passing);
  }

  /** For so few pictures a dense layer's matrix takes longer to make than it saves. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    return measured(to -> to.window(layer));
  }

  @Override
  String ranged(Function<OnnxRendering, String> layer) {
    OnnxGraph graph = at.graph();
    String value = layer.apply(at);
    extreme("ReduceMin", value, MIN);
    extreme("ReduceMax", value, MAX);
    String pixel = graph.node("GlobalAveragePool", value + ".pixel", List.of(value));
    graph.node("Flatten", value + MEANS, List.of(pixel), attribute("axis", 1));
    graph.output(value + MEANS, at.shapes().get(value).get(0));
    return value;
  }

  private void extreme(String operator, String value, String suffix) {
    at.graph()
        .node(
            operator,
            value + suffix,
            List.of(value),
            attribute("axes", List.of(1L, 2L, 3L)),
            attribute("keepdims", 0));
    at.graph().output(value + suffix);
  }

  @Override
  String clipped(Function<OnnxRendering, String> layer) {
    return ranged(layer);
  }

  @Override
  String chosen(Function<OnnxRendering, String> layer) {
    return ranged(layer);
  }
}
