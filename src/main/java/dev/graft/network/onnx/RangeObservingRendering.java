package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** Of each channel, for values that matrices multiply. */
  static final String MAXIMA = ".maxima";

  static final String NEGATIVE_MINIMA = ".negative-minima";

  RangeObservingRendering(OnnxRendering float32, boolean clippedNext) {
    super(float32, clippedNext);
  }

  /** Writes an external network and, as outputs, the ranges of the values that will be int8. */
  @Override
  public String external(Layer.External layer) {
    Map<String, Long> widths = new LinkedHashMap<>();
    external(
        layer,
        file -> {
          QuantizableModel model = new QuantizableModel(file);
          model.values().forEach(value -> widths.put(value, model.rowLength(value)));
          return file;
        });
    // A name with a colon clashes with no name of the file.
    widths.forEach((value, width) -> observe(output + "/" + value, output + ":" + value, width));
    return output;
  }

  /**
   * Adds the range of a value of one image.
   *
   * @param name of the range
   * @param width length of its rows; 0 for maps
   */
  private void observe(String value, String name, long width) {
    if (width == 0) {
      for (String[] each : new String[][] {{"ReduceMin", MIN}, {"ReduceMax", MAX}}) {
        graph.node(each[0], name + each[1], List.of(value), attribute("keepdims", 0));
        graph.outputOfUnknownShape(name + each[1]);
      }
      reduced("GlobalAveragePool", name, value, MEANS);
      return;
    }
    String rows = reshaped(name + ".rows", value, -1, width);
    String columns =
        graph.node(
            "Transpose", name + ".columns", List.of(rows), attribute("perm", List.of(1L, 0L)));
    String map = reshaped(name + ".map", columns, 1, width, -1);
    String negative = graph.node("Neg", name + ".negative", List.of(map));
    reduced("GlobalAveragePool", name, map, MEANS);
    reduced("GlobalMaxPool", name, map, MAXIMA);
    reduced("GlobalMaxPool", name, negative, NEGATIVE_MINIMA);
  }

  private String reshaped(String name, String from, long... shape) {
    String lengths = graph.longs(name + ".shape", shape);
    return graph.node("Reshape", name, List.of(from, lengths));
  }

  /** Reduces each channel of a map to one value, an output. */
  private void reduced(String operator, String name, String from, String suffix) {
    String pixel = graph.node(operator, name + suffix + ".pixel", List.of(from));
    graph.node("Flatten", name + suffix, List.of(pixel), attribute("axis", 1));
    graph.outputOfUnknownShape(name + suffix);
  }

  /** Writes no dense layer: for few images its matrix takes longer to build than it saves. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    return unlessClippedNext(to -> to.convolution(layer));
  }

  @Override
  String withOwnRange(Function<OnnxRendering, String> layer) {
    String value = observed(layer);
    graph.node(
        "ReduceMin",
        value + MIN,
        List.of(value),
        attribute("axes", List.of(1L, 2L, 3L)),
        attribute("keepdims", 0));
    graph.output(value + MIN);
    return value;
  }

  /** Writes a layer and, as outputs, the maximum and mean of each of its channels. */
  private String observed(Function<OnnxRendering, String> layer) {
    String value = layer.apply(to(output));
    reduced("GlobalMaxPool", value, value, MAX);
    reduced("GlobalAveragePool", value, value, MEANS);
    return value;
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
