package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import java.util.List;
import java.util.function.Function;

/**
 * Says of each image a layer's least value, where that may be below 0, and what each channel's
 * greatest value is, and its mean.
 */
final class RangeObservingRendering extends QuantizableRendering {
  /** Ends of the outputs' names. */
  static final String MIN = ".min";

  static final String MAX = ".max";
  static final String MEANS = ".means";

  RangeObservingRendering(OnnxRendering at, boolean passing) {
    super(at, passing);
  }

  /** For so few images a dense layer's matrix takes longer to make than it saves. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    return measured(to -> to.window(layer));
  }

  @Override
  String ranged(Function<OnnxRendering, String> layer) {
    String value = seen(layer);
    at.graph()
        .node(
            "ReduceMin",
            value + MIN,
            List.of(value),
            attribute("axes", List.of(1L, 2L, 3L)),
            attribute("keepdims", 0));
    at.graph().output(value + MIN);
    return value;
  }

  /** The greatest value and the mean of each channel: both as ONNX Runtime keeps images. */
  private String seen(Function<OnnxRendering, String> layer) {
    String value = layer.apply(at);
    channels("GlobalMaxPool", value, MAX);
    channels("GlobalAveragePool", value, MEANS);
    return value;
  }

  private void channels(String operator, String value, String suffix) {
    OnnxGraph graph = at.graph();
    String pixel = graph.node(operator, value + suffix + ".pixel", List.of(value));
    graph.node("Flatten", value + suffix, List.of(pixel), attribute("axis", 1));
    graph.output(value + suffix, at.shapes().get(value).get(0));
  }

  @Override
  String clipped(Function<OnnxRendering, String> layer) {
    return seen(layer);
  }

  /** Its bytes are those of its input. */
  @Override
  String chosen(Function<OnnxRendering, String> layer) {
    return seen(layer);
  }
}
