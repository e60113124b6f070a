package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.graft.GraftException;
import dev.graft.network.Adapter;
import dev.graft.network.Layer;
import dev.graft.network.Layer.Padding;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Rendering;
import dev.graft.network.Weight;
import dev.graft.network.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Writes a layer as ONNX operators, in float32. Inputs and outputs are {@code (N, C, H, W)} or
 * {@code (N, values)}. Each method returns the name of the layer's output.
 */
class OnnxRendering implements Rendering<String> {
  /** Opset that added the operator Sign. */
  private static final int SIGN_SINCE = 9;

  /** Opset in which the bounds of Clip became inputs. */
  private static final int CLIP_BOUNDS_ARE_INPUTS_SINCE = 11;

  final OnnxGraph graph;
  final Weights weights;
  final PixelType pixels;
  final Map<String, Shape> shapes;
  final List<String> inputs;
  final String output;

  /**
   * @param graph receives the operators
   * @param pixels type of the model's input
   * @param shapes of the values of all steps, without the batch
   * @param inputs names of the layer's inputs
   * @param output name of the layer's output
   */
  OnnxRendering(
      OnnxGraph graph,
      Weights weights,
      PixelType pixels,
      Map<String, Shape> shapes,
      List<String> inputs,
      String output) {
    this.graph = graph;
    this.weights = weights;
    this.pixels = pixels;
    this.shapes = shapes;
    this.inputs = inputs;
    this.output = output;
  }

  /** Returns a rendering of the same layer in float32, with the given name for its output. */
  OnnxRendering to(String other) {
    return new OnnxRendering(graph, weights, pixels, shapes, inputs, other);
  }

  @Override
  public String normalize(Layer.Normalize layer) {
    String values = inputs.get(0);
    if (layer.order() == ChannelOrder.BGR) {
      String order = graph.longs(output + ".order", 2, 1, 0);
      values = node("Gather", ".bgr", List.of(values, order), attribute("axis", 1));
    }
    if (pixels == PixelType.UINT8) {
      values = graph.toFloat(output + ".float", values);
    }
    values = node("Sub", ".centered", List.of(values, channels(".mean", layer.mean())));
    return node("Div", "", List.of(values, channels(".deviation", layer.deviation())));
  }

  private String channels(String suffix, List<Float> values) {
    float[] floats = {values.get(0), values.get(1), values.get(2)};
    return graph.floats(output + suffix, List.of(3L, 1L, 1L), floats);
  }

  @Override
  public String conv2d(Layer.Conv2d layer) {
    if (!isSmallerThanKernel(layer)) {
      return convolution(layer);
    }
    float[] kernel = weights.of(layer.weights().get(0));
    float[] bias = layer.bias() ? weights.of(layer.weights().get(1)) : new float[layer.out()];
    int pixels = outputPixels(layer);
    float[] biases = new float[layer.out() * pixels];
    for (int to = 0; to < biases.length; to++) {
      biases[to] = bias[to / pixels];
    }
    long[] shape = matrix(layer);
    float[] matrix = new float[Math.toIntExact(shape[0] * shape[1])];
    unroll(layer, (at, tap) -> matrix[at] = kernel[tap]);
    return unrolled(
        layer,
        graph.floats(output + ".matrix", List.of(shape[0], shape[1]), matrix),
        graph.floats(output + ".biases", List.of(shape[0]), biases));
  }

  /** Writes a layer as the operator Conv, whatever the size of its input. */
  String convolution(Layer.Conv2d layer) {
    return convolution(layer, layer.weights().stream().map(this::constant).toList());
  }

  /**
   * Returns whether the input is smaller than the kernel, so that most multiplications of a
   * convolution are by padding. Such a layer is written as a dense layer ({@link #unrolled}), which
   * omits them: for 3x3 on 2x2, as in the last block of VGG16 at 32 pixels, 4/9 of the
   * multiplications remain.
   */
  boolean isSmallerThanKernel(Layer.Conv2d layer) {
    Shape input = shapes.get(inputs.get(0));
    return layer.groups() == 1
        && input.get(1) * input.get(2) < (long) layer.kernel() * layer.kernel();
  }

  /** Returns the number of output values per channel. */
  int outputPixels(Layer.Conv2d layer) {
    Shape result = layer.output(shapes.get(inputs.get(0)));
    return Math.toIntExact(result.get(1) * result.get(2));
  }

  /** Returns the shape of the dense layer's matrix: {@code (outputs, inputs)}. */
  long[] matrix(Layer.Conv2d layer) {
    Shape input = shapes.get(inputs.get(0));
    return new long[] {(long) layer.out() * outputPixels(layer), input.size()};
  }

  /** Receives the position of each weight of a kernel in the matrix of the dense layer. */
  interface Taps {
    /**
     * Receives one position.
     *
     * @param at index in the matrix
     * @param tap index in the kernel
     */
    void put(int at, int tap);
  }

  /** Lists the positions of the kernel's weights in the matrix, which is 0 elsewhere. */
  void unroll(Layer.Conv2d layer, Taps taps) {
    Shape input = shapes.get(inputs.get(0));
    int height = Math.toIntExact(input.get(1));
    int width = Math.toIntExact(input.get(2));
    Shape result = layer.output(input);
    int rows = Math.toIntExact(result.get(1));
    int columns = Math.toIntExact(result.get(2));
    int top = layer.padding().outside(height, layer.kernel(), layer.stride())[0];
    int left = layer.padding().outside(width, layer.kernel(), layer.stride())[0];
    IntConsumer channelOut =
        out -> {
          for (int to = 0; to < rows * columns; to++) {
            int firstRow = to / columns * layer.stride() - top;
            int firstColumn = to % columns * layer.stride() - left;
            int bottom = Math.min(height, firstRow + layer.kernel());
            int from = Math.max(0, firstColumn);
            int right = Math.min(width, firstColumn + layer.kernel());
            for (int channel = 0; channel < layer.in(); channel++) {
              int at = ((out * rows * columns + to) * layer.in() + channel) * height * width;
              int tap = (out * layer.in() + channel) * layer.kernel() * layer.kernel();
              for (int row = Math.max(0, firstRow); row < bottom; row++) {
                for (int column = from; column < right; column++) {
                  taps.put(
                      at + row * width + column,
                      tap + (row - firstRow) * layer.kernel() + column - firstColumn);
                }
              }
            }
          }
        };
    IntStream.range(0, layer.out()).parallel().forEach(channelOut);
  }

  /**
   * Writes the dense layer that equals a convolution.
   *
   * @param matrix name of its weights, of shape {@link #matrix}
   * @param biases name of its biases, one per output
   */
  String unrolled(Layer.Conv2d layer, String matrix, String biases) {
    String rows = graph.longs(output + ".rows", -1, matrix(layer)[1]);
    String flat = node("Reshape", ".flat", List.of(inputs.get(0), rows));
    String product =
        node("Gemm", ".product", List.of(flat, matrix, biases), attribute("transB", 1));
    Shape result = layer.output(shapes.get(inputs.get(0)));
    String shape = graph.longs(output + ".shape", -1, result.get(0), result.get(1), result.get(2));
    return node("Reshape", "", List.of(product, shape));
  }

  /**
   * Writes the operator Conv.
   *
   * @param constants names of the kernel and, if there is one, the bias
   */
  String convolution(Layer.Conv2d layer, List<String> constants) {
    return graph.node(
        "Conv",
        output,
        Stream.concat(Stream.of(inputs.get(0)), constants.stream()).toList(),
        attribute("group", layer.groups()),
        square("kernel_shape", layer.kernel()),
        square("strides", layer.stride()),
        pads(layer.padding(), layer.kernel(), layer.stride()));
  }

  private static AttributeProto square(String name, long side) {
    return attribute(name, List.of(side, side));
  }

  /** Returns the attribute {@code pads}: top, left, bottom, right. */
  private AttributeProto pads(Padding padding, int window, int stride) {
    Shape shape = shapes.get(inputs.get(0));
    int[] rows = padding.outside(Math.toIntExact(shape.get(1)), window, stride);
    int[] columns = padding.outside(Math.toIntExact(shape.get(2)), window, stride);
    return attribute(
        "pads", List.of((long) rows[0], (long) columns[0], (long) rows[1], (long) columns[1]));
  }

  @Override
  public String batchNorm(Layer.BatchNorm layer) {
    List<String> all = new ArrayList<>(inputs);
    layer.weights().forEach(weight -> all.add(constant(weight)));
    return node("BatchNormalization", "", all, attribute("epsilon", (float) layer.epsilon()));
  }

  @Override
  public String relu(Layer.Relu layer) {
    return node("Relu", "", inputs);
  }

  @Override
  public String relu6(Layer.Relu6 layer) {
    return clip("", inputs.get(0), 0, 6);
  }

  @Override
  public String maxPool(Layer.MaxPool layer) {
    return node(
        "MaxPool",
        "",
        inputs,
        square("kernel_shape", layer.size()),
        square("strides", layer.stride()),
        pads(layer.padding(), layer.size(), layer.stride()));
  }

  @Override
  public String globalAveragePool(Layer.GlobalAveragePool layer) {
    return flat("", node("GlobalAveragePool", ".pixel", inputs));
  }

  /** Writes the identity: dropout is off outside of training. */
  @Override
  public String dropout(Layer.Dropout layer) {
    return node("Identity", "", inputs);
  }

  @Override
  public String flatten(Layer.Flatten layer) {
    return flat("", inputs.get(0));
  }

  @Override
  public String dense(Layer.Dense layer) {
    List<String> all = new ArrayList<>(inputs);
    layer.weights().forEach(weight -> all.add(constant(weight)));
    return node("Gemm", "", all, attribute("transB", 1));
  }

  @Override
  public String external(Layer.External layer) {
    return external(layer, UnaryOperator.identity());
  }

  /**
   * Writes the nodes of an external network.
   *
   * @param rewriting changes the model before it is embedded
   */
  String external(Layer.External layer, UnaryOperator<ModelSkeleton> rewriting) {
    if (layer.format() != Layer.External.Format.ONNX) {
      throw new GraftException(
          "A TorchScript backbone can't be written as ONNX; export it to ONNX in PyTorch.");
    }
    List<String> embedded =
        EmbeddedModel.in(
            graph,
            rewriting.apply(ModelSkeleton.read(layer.file())),
            output + "/",
            input(layer.adapter().input()));
    List<String> features = new ArrayList<>();
    for (Adapter.Output each : layer.adapter().outputs()) {
      String suffix = "." + each.index();
      String value = graph.toFloat(output + suffix + ".float", embedded.get(each.index()));
      features.addAll(pooled(each, suffix, value));
    }
    return node("Concat", "", features, attribute("axis", 1));
  }

  /** Writes normalized pixels in the layout and type that an external network takes. */
  String input(Adapter.Input input) {
    String pixels = inputs.get(0);
    if (input.channelsLast()) {
      pixels = transposed(".channels-last", pixels, 0, 2, 3, 1);
    }
    TensorProto.DataType type =
        switch (input.type()) {
          case FLOAT32 -> TensorProto.DataType.FLOAT;
          case FLOAT16 -> TensorProto.DataType.FLOAT16;
          case UINT8 -> TensorProto.DataType.UINT8;
        };
    return type == TensorProto.DataType.FLOAT
        ? pixels
        : node("Cast", ".input", List.of(pixels), attribute("to", type.getNumber()));
  }

  private List<String> pooled(Adapter.Output from, String suffix, String value) {
    return switch (from.pooling()) {
      case NONE -> List.of(value);
      case MAP -> List.of(averaged(suffix, value));
      case MAP_CHANNELS_LAST ->
          List.of(averaged(suffix, transposed(suffix + ".map", value, 0, 3, 1, 2)));
      case CLS -> List.of(cls(suffix, value));
      case MEAN -> List.of(tokenMean(from, suffix, value));
      case CLS_MEAN -> List.of(cls(suffix, value), tokenMean(from, suffix, value));
    };
  }

  private String cls(String suffix, String tokens) {
    return flat(suffix + ".cls", tokens(suffix + ".first", tokens, 0, 1));
  }

  private String tokenMean(Adapter.Output from, String suffix, String tokens) {
    int count = Math.toIntExact(from.shape().get(0));
    String patches =
        from.prefix() == 0 ? tokens : tokens(suffix + ".patches", tokens, from.prefix(), count);
    return averaged(suffix + ".mean", transposed(suffix + ".tokens", patches, 0, 2, 1));
  }

  /** Selects tokens; unlike Slice, Gather is the same operator in every opset. */
  private String tokens(String suffix, String value, int from, int to) {
    String wanted = graph.longs(output + suffix + ".index", LongStream.range(from, to).toArray());
    return node("Gather", suffix, List.of(value, wanted), attribute("axis", 1));
  }

  private String averaged(String suffix, String value) {
    return flat(suffix, node("GlobalAveragePool", suffix + ".pixel", List.of(value)));
  }

  private String transposed(String suffix, String value, long... order) {
    AttributeProto axes = attribute("perm", LongStream.of(order).boxed().toList());
    return node("Transpose", suffix, List.of(value), axes);
  }

  private String flat(String suffix, String value) {
    return node("Flatten", suffix, List.of(value), attribute("axis", 1));
  }

  @Override
  public String add(Layer.Add layer) {
    return node("Add", "", inputs);
  }

  @Override
  public String concatenate(Layer.Concatenate layer) {
    return node("Concat", "", inputs, attribute("axis", 1));
  }

  @Override
  public String power(Layer.Power layer) {
    float atZero = (float) Math.pow(Layer.Power.AT_ZERO, layer.exponent());
    String size = node("Abs", ".size", inputs);
    size = node("Add", ".above", List.of(size, scalar(".epsilon", (float) Layer.Power.AT_ZERO)));
    size = node("Pow", ".power", List.of(size, scalar(".exponent", (float) layer.exponent())));
    size = node("Sub", ".scaled", List.of(size, scalar(".zero", atZero)));
    return node("Mul", "", List.of(size, sign(".sign", inputs.get(0))));
  }

  private String sign(String suffix, String value) {
    if (graph.opset() >= SIGN_SINCE) {
      return node("Sign", suffix, List.of(value));
    }
    String large = scalar(suffix + ".scale", Float.MAX_VALUE);
    return clip(suffix, node("Mul", suffix + ".scaled", List.of(value, large)), -1, 1);
  }

  private String clip(String suffix, String value, float min, float max) {
    return graph.opset() >= CLIP_BOUNDS_ARE_INPUTS_SINCE
        ? node(
            "Clip",
            suffix,
            List.of(value, scalar(suffix + ".least", min), scalar(suffix + ".greatest", max)))
        : node("Clip", suffix, List.of(value), attribute("min", min), attribute("max", max));
  }

  @Override
  public String standardize(Layer.Standardize layer) {
    List<Weight> measured = layer.weights();
    String centered = node("Sub", ".centered", List.of(inputs.get(0), constant(measured.get(0))));
    return node("Div", "", List.of(centered, constant(measured.get(1))));
  }

  /** Writes products with a matrix that has a column for each part: every opset has them. */
  @Override
  public String l2Normalize(Layer.L2Normalize layer) {
    int parts = layer.widths().size();
    int width = layer.widths().stream().mapToInt(each -> each).sum();
    float[] member = new float[width * parts];
    float[] transposed = new float[parts * width];
    for (int part = 0, at = 0; part < parts; part++) {
      for (int end = at + layer.widths().get(part); at < end; at++) {
        member[at * parts + part] = 1;
        transposed[part * width + at] = 1;
      }
    }
    String gather = graph.floats(output + ".part", List.of((long) width, (long) parts), member);
    String spread = graph.floats(output + ".of", List.of((long) parts, (long) width), transposed);
    String x = inputs.get(0);
    String squares = node("MatMul", ".sum", List.of(node("Mul", ".square", List.of(x, x)), gather));
    String epsilon = scalar(".epsilon", Layer.L2Normalize.EPSILON);
    String norms = node("Sqrt", ".norm", List.of(node("Add", ".above", List.of(squares, epsilon))));
    return node("Div", "", List.of(x, node("MatMul", ".norms", List.of(norms, spread))));
  }

  @Override
  public String temperature(Layer.Temperature layer) {
    return node("Div", "", List.of(inputs.get(0), scalar(".value", (float) layer.value())));
  }

  @Override
  public String softmax(Layer.Softmax layer) {
    return node("Softmax", "", inputs, attribute("axis", 1));
  }

  /** Adds an operator whose output has the name of the layer's output and a suffix. */
  final String node(
      String operator, String suffix, List<String> from, AttributeProto... attributes) {
    return graph.node(operator, output + suffix, from, attributes);
  }

  private String constant(Weight weight) {
    return graph.floats(weight.name(), weight.shape(), weights.of(weight));
  }

  final String scalar(String suffix, float value) {
    return graph.scalar(output + suffix, value);
  }
}
