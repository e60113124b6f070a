package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.graft.network.onnx.Int8Rendering.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Writes an external model with its products in int8, as {@link Int8Rendering} writes Graft's own
 * layers. Ranges are fixed, so that the features of an image do not depend on the others of its
 * batch.
 */
final class ModelQuantizer {
  /** First opset whose DequantizeLinear has a scale per channel. */
  private static final int CHANNELS_SINCE = 13;

  /** The domain of the same operators in ONNX Runtime, for models in older opsets. */
  private static final String ONNX_RUNTIME = "com.microsoft";

  private final QuantizableModel model;
  private final Function<String, Ranges.Range> ranges;
  private final OnnxGraph graph = new OnnxGraph(false);
  private final String domain;

  /** Prefix of all added names; no name in the file starts with it. */
  private final String prefix;

  private final Map<String, Scale> scales = new HashMap<>();

  /** Divisors of the channels of a value. */
  private final Map<String, float[]> divisors = new HashMap<>();

  /** Constants in place of others, by the output of the node that reads them and their name. */
  private final Map<String, Map<String, String>> replaced = new HashMap<>();

  private ModelQuantizer(QuantizableModel model, Function<String, Ranges.Range> ranges) {
    this.model = model;
    this.ranges = ranges;
    graph.add(model.model().model(), List.of(), List.of(), List.of());
    domain = graph.opset() < CHANNELS_SINCE ? ONNX_RUNTIME : "";
    String free = "int8/";
    while (isTaken(model, free)) {
      free = "_" + free;
    }
    prefix = free;
  }

  private static boolean isTaken(QuantizableModel model, String prefix) {
    return model.names().anyMatch(name -> name.startsWith(prefix));
  }

  /**
   * Returns a model whose products are computed in int8.
   *
   * @param ranges of its quantized values, by their name
   */
  static ModelSkeleton quantized(QuantizableModel model, Function<String, Ranges.Range> ranges) {
    ModelQuantizer quantizer = new ModelQuantizer(model, ranges);
    model.values().forEach(quantizer::smooth);
    for (NodeProto node : model.model().model().getGraph().getNodeList()) {
      quantizer.write(node);
    }
    return QuantizableModel.live(quantizer.built());
  }

  private ModelSkeleton built() {
    ModelProto.Builder built = model.model().model().toBuilder();
    if (!domain.isEmpty()
        && built.getOpsetImportList().stream().noneMatch(each -> each.getDomain().equals(domain))) {
      built.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(1));
    }
    built
        .getGraphBuilder()
        .clearNode()
        .addAllNode(graph.built().getNodeList())
        .addAllInitializer(graph.built().getInitializerList());
    return new ModelSkeleton(built.build(), model.model().fileBacked());
  }

  private void write(NodeProto node) {
    Optional<Product> product = model.productOf(node);
    Optional<String> carried = model.carriedBy(node);
    if (model.isFolded(node)) {
      return;
    }
    if (product.isPresent()) {
      if (product.get().isConvolution()) {
        convolution(product.get());
      } else {
        matrix(product.get());
      }
    } else if (carried.isPresent()) {
      carry(node, carried.get());
    } else {
      graph.add(withReplaced(node));
    }
    for (String output : node.getOutputList()) {
      if (model.values().contains(output) && !model.isInteger(output)) {
        quantize(output, output, dequantized(output));
      }
    }
  }

  private NodeProto withReplaced(NodeProto node) {
    Map<String, String> others =
        node.getOutputCount() == 0 ? null : replaced.get(node.getOutput(0));
    if (others == null) {
      return node;
    }
    NodeProto.Builder built = node.toBuilder().clearInput();
    node.getInputList().forEach(each -> built.addInput(others.getOrDefault(each, each)));
    return built.build();
  }

  // Values.

  /** Returns the name of a value after it was quantized and dequantized. */
  private String dequantized(String value) {
    return model.isInteger(value) ? value : prefix + value + ".dequantized";
  }

  private Scale scale(String value) {
    return scales.computeIfAbsent(value, name -> Scale.of(smoothed(name)));
  }

  /** Quantizes a value to uint8 and dequantizes it. */
  private void quantize(String value, String from, String to) {
    List<String> parameters =
        List.of(
            graph.scalar(prefix + value + ".scale", scale(value).step()),
            graph.unsignedByte(prefix + value + ".zero", scale(value).zero()));
    String bytes = prefix + value + ".uint8";
    node("QuantizeLinear", bytes, List.of(from, parameters.get(0), parameters.get(1)));
    node("DequantizeLinear", to, List.of(bytes, parameters.get(0), parameters.get(1)));
  }

  /** Adds an operator that old opsets have in the domain of ONNX Runtime. */
  private void node(
      String operator, String output, List<String> inputs, AttributeProto... attributes) {
    graph.add(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setDomain(domain)
            .setName(output + "/" + operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(Arrays.asList(attributes))
            .build());
  }

  // Smoothing.

  /**
   * Divides the channels of a normalized value and multiplies the rows of the matrices that read it
   * by the same numbers, so that both need few bits: the square root of the ratio of their largest
   * magnitudes (SmoothQuant: Xiao et al. 2023, <a href="https://arxiv.org/abs/2211.10438">arXiv
   * 2211.10438</a>, with alpha = 0.5). The layer normalization before it takes in the divisors.
   */
  private void smooth(String value) {
    List<Product> readers = model.onlyMatricesOf(value);
    int width = Math.toIntExact(model.rowLength(value));
    List<NodeProto> affine = affine(value, width);
    Ranges.Range range = ranges.apply(value);
    if (readers.isEmpty() || affine.isEmpty() || range.minima().size() != width) {
      return;
    }
    float[] weights = new float[width];
    for (Product reader : readers) {
      float[] rows = rows(reader);
      for (int i = 0; i < rows.length; i++) {
        weights[i % width] = Math.max(weights[i % width], Math.abs(rows[i]));
      }
    }
    float[] divisor = new float[width];
    for (int i = 0; i < width; i++) {
      float size = Math.max(Math.abs(range.minima().get(i)), Math.abs(range.maxima().get(i)));
      float ratio = size / weights[i];
      divisor[i] = ratio > 0 && Float.isFinite(ratio) ? (float) Math.sqrt(ratio) : 1;
    }
    divisors.put(value, divisor);
    affine.forEach(node -> divide(node, divisor));
  }

  /** Returns the nodes that scale and shift the channels of a value by constants; may be none. */
  private List<NodeProto> affine(String value, int width) {
    NodeProto last = model.writer(value).orElse(NodeProto.getDefaultInstance());
    if (last.getOpType().equals("LayerNormalization")) {
      return last.getInputList().stream().skip(1).allMatch(name -> isVector(name, width))
          ? List.of(last)
          : List.of();
    }
    if (!last.getOpType().equals("Add") || vector(last, width).isEmpty()) {
      return List.of();
    }
    return last.getInputList().stream()
        .filter(name -> model.only(name).isPresent())
        .flatMap(name -> model.writer(name).stream())
        .filter(node -> node.getOpType().equals("Mul") && vector(node, width).isPresent())
        .findFirst()
        .map(node -> List.of(node, last))
        .orElse(List.of());
  }

  private Optional<String> vector(NodeProto node, int width) {
    return node.getInputList().stream().filter(name -> isVector(name, width)).findFirst();
  }

  /** Returns whether a value is a constant of the length of a row. */
  private boolean isVector(String name, int width) {
    return model
        .constants()
        .shape(name)
        .filter(shape -> !shape.isEmpty() && shape.get(shape.size() - 1) == width)
        .filter(shape -> shape.stream().reduce(1L, (a, b) -> a * b) == width)
        .isPresent();
  }

  /** Divides the vectors that a node reads. */
  private void divide(NodeProto node, float[] divisor) {
    for (String name : node.getInputList()) {
      if (isVector(name, divisor.length)) {
        ModelConstants.Floats vector = model.constants().floats(name);
        float[] values = vector.values();
        for (int i = 0; i < values.length; i++) {
          values[i] /= divisor[i];
        }
        replace(node, name, vector);
      }
    }
  }

  private void replace(NodeProto node, String name, ModelConstants.Floats by) {
    String output = node.getOutput(0);
    replaced
        .computeIfAbsent(output, x -> new HashMap<>())
        .put(name, graph.floats(prefix + output + "." + name, by.shape(), by.values()));
  }

  /** Returns the range of a value after smoothing. */
  private Ranges.Range smoothed(String value) {
    Ranges.Range range = ranges.apply(value);
    float[] divisor = divisors.get(value);
    if (divisor == null) {
      return range;
    }
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    List<Float> means = new ArrayList<>();
    for (int i = 0; i < divisor.length; i++) {
      min = Math.min(min, range.minima().get(i) / divisor[i]);
      max = Math.max(max, range.maxima().get(i) / divisor[i]);
      means.add(range.means().get(i) / divisor[i]);
    }
    return new Ranges.Range(min, max, means);
  }

  // Products.

  private void convolution(Product product) {
    ModelConstants.Floats kernel = model.constants().floats(product.weights());
    int out = Math.toIntExact(kernel.shape().get(0));
    int taps = Math.toIntExact(kernel.shape().get(2) * kernel.shape().get(3));
    int groups = groups(product.node());
    float[] bias =
        product.bias().map(name -> model.constants().floats(name).values()).orElse(new float[out]);
    product.norm().ifPresent(norm -> fold(norm, kernel.values(), bias));
    QuantizedWeights quantized =
        QuantizedWeights.of(
            kernel.values(),
            bias,
            new QuantizedWeights.Division(out, groups, taps),
            scale(product.input()),
            means(product, kernel.values().length / out / taps * groups));
    String name = prefix + product.node().getOutput(0);
    String weights = weights(name, kernel.shape(), quantized.kernel(), quantized.steps(), 0);
    String integers = graph.ints(name + ".bias.int32", quantized.bias());
    String zeros = graph.ints(integers + ".zero", new int[out]);
    String steps = graph.floats(integers + ".scale", List.of((long) out), quantized.biasSteps());
    node("DequantizeLinear", name + ".bias", List.of(integers, steps, zeros), attribute("axis", 0));
    String floats = prefix + product.output() + ".float";
    graph.add(
        product.node().toBuilder()
            .clearInput()
            .clearOutput()
            .addAllInput(List.of(dequantized(product.input()), weights, name + ".bias"))
            .addOutput(floats)
            .build());
    quantize(product.output(), floats, product.output());
  }

  private static int groups(NodeProto node) {
    return Math.toIntExact(Math.max(1, QuantizableModel.integer(node, "group")));
  }

  /** Returns the means of a product's input, zeros if they were measured along another axis. */
  private List<Float> means(Product product, int channels) {
    List<Float> means = smoothed(product.input()).means();
    return means.size() == channels ? means : Collections.nCopies(channels, 0f);
  }

  private void fold(NodeProto norm, float[] kernel, float[] bias) {
    List<float[]> values =
        norm.getInputList().stream()
            .skip(1)
            .map(name -> model.constants().floats(name).values())
            .toList();
    double epsilon =
        QuantizableModel.attribute(norm, "epsilon").map(each -> (double) each.getF()).orElse(1e-5);
    Folded.fold(values, epsilon, kernel, bias);
  }

  /** Returns the matrix of a product, one row per output, as the file has it. */
  private float[] rows(Product product) {
    ModelConstants.Floats weights = model.constants().floats(product.weights());
    boolean rows = product.isGemm() && QuantizableModel.integer(product.node(), "transB") == 1;
    float[] values = (rows ? weights : ModelConstants.transposed(weights)).values();
    float alpha = product.isGemm() ? QuantizableModel.real(product.node(), "alpha") : 1;
    for (int i = 0; alpha != 1 && i < values.length; i++) {
      values[i] *= alpha;
    }
    return values;
  }

  private void matrix(Product product) {
    float[] rows = rows(product);
    int width = Math.toIntExact(model.rowLength(product.input()));
    int out = rows.length / width;
    float[] divisor = divisors.get(product.input());
    for (int i = 0; divisor != null && i < rows.length; i++) {
      rows[i] *= divisor[i % width];
    }
    String output = product.node().getOutput(0);
    Optional<NodeProto> sum =
        product.isGemm() ? Optional.empty() : model.only(output).filter(each -> adds(each, out));
    Optional<String> biasName = product.bias().or(() -> sum.flatMap(each -> vector(each, out)));
    float[] bias = biasName.map(name -> bias(name, out)).orElse(new float[out]);
    QuantizedWeights quantized =
        QuantizedWeights.of(
            rows,
            bias,
            new QuantizedWeights.Division(out, 1, 1),
            scale(product.input()),
            means(product, width));
    // ONNX Runtime computes rows times columns, and adds a bias in float32.
    byte[] columns = new byte[rows.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i % width * out + i / width] = quantized.kernel()[i];
    }
    List<Long> shape = List.of((long) width, (long) out);
    String weights = weights(prefix + output, shape, columns, quantized.steps(), 1);
    for (int i = 0; i < out; i++) {
      bias[i] = quantized.bias()[i] * quantized.biasSteps()[i];
    }
    List<String> inputs = List.of(dequantized(product.input()), weights);
    if (product.isGemm()) {
      String sums = graph.node("MatMul", prefix + output + ".product", inputs);
      String name = graph.floats(prefix + output + ".bias", List.of((long) out), bias);
      graph.node("Add", output, List.of(sums, name));
    } else {
      graph.node("MatMul", output, inputs);
      sum.ifPresent(
          each ->
              replace(
                  each,
                  biasName.orElseThrow(),
                  new ModelConstants.Floats(
                      model.constants().shape(biasName.get()).orElseThrow(), bias)));
    }
  }

  private boolean adds(NodeProto node, int out) {
    return node.getOpType().equals("Add") && vector(node, out).isPresent();
  }

  /** Returns a bias of any shape that broadcasts to a row. */
  private float[] bias(String name, int out) {
    float[] values = model.constants().floats(name).values();
    float[] bias = new float[out];
    for (int i = 0; i < out; i++) {
      bias[i] = values[i % values.length];
    }
    return bias;
  }

  private String weights(String name, List<Long> shape, byte[] values, float[] steps, int axis) {
    List<Long> outputs = List.of((long) steps.length);
    String bytes = graph.bytes(name + ".weights.int8", shape, values);
    String scale = graph.floats(bytes + ".scale", outputs, steps);
    String zeros = graph.bytes(bytes + ".zero", outputs, new byte[steps.length]);
    node(
        "DequantizeLinear",
        name + ".weights",
        List.of(bytes, scale, zeros),
        attribute("axis", axis));
    return name + ".weights";
  }

  /** Writes a node that computes integers from integers. */
  private void carry(NodeProto node, String output) {
    NodeProto.Builder built = node.toBuilder().clearInput().clearOutput();
    node.getInputList().forEach(each -> built.addInput(dequantized(each)));
    graph.add(built.addOutput(prefix + output + ".float").build());
    if (node.getOpType().equals("MaxPool")) {
      scales.put(output, scale(node.getInput(0)));
    }
    quantize(output, prefix + output + ".float", output);
  }
}
