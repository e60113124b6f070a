package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import java.util.List;
import java.util.function.Function;

/**
 * Adds, for each image, the minimum of a layer's values (if they may be negative) and the maximum
 * and mean of each channel to the outputs.
 */
final class RangeObservingRendering extends QuantizableRendering {
  /** Suffixes of the names of the outputs. */
  static final String MIN = ".min";

  static final String MAX = ".max";
  static final String MEANS = ".means";

  RangeObservingRendering(OnnxRendering float32, boolean clippedNext) {
    super(float32, clippedNext);
  }

  /** Writes no dense layer: for few images its matrix takes longer to build than it saves. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    return unlessClippedNext(to -> to.convolution(layer));
  }

  @Override
  String withOwnRange(Function<OnnxRendering, String> layer) {
    String value = observed(layer);
    float32
        .graph()
        .node(
            "ReduceMin",
            value + MIN,
            List.of(value),
            attribute("axes", List.of(1L, 2L, 3L)),
            attribute("keepdims", 0));
    float32.graph().output(value + MIN);
    return value;
  }

  /** Writes a layer and, as outputs, the maximum and mean of each of its channels. */
  private String observed(Function<OnnxRendering, String> layer) {
    String value = layer.apply(float32);
    channels("GlobalMaxPool", value, MAX);
    channels("GlobalAveragePool", value, MEANS);
    return value;
  }

  private void channels(String operator, String value, String suffix) {
    OnnxGraph graph = float32.graph();
    String pixel = graph.node(operator, value + suffix + ".pixel", List.of(value));
    graph.node("Flatten", value + suffix, List.of(pixel), attribute("axis", 1));
    graph.output(value + suffix, float32.shapes().get(value).get(0));
  }

  @Override
  String withClippedRange(Function<OnnxRendering, String> layer) {
    return observed(layer);
  }

  /** Observes the values, though their scale is that of the input. */
  @Override
  String withInputRange(Function<OnnxRendering, String> layer) {
    return observed(layer);
  }
}
