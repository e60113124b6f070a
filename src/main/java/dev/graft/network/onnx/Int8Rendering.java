package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import dev.graft.network.Preprocessing.ChannelOrder;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes layers in int8: each value is quantized to uint8 and dequantized again. ONNX Runtime
 * recognizes these pairs of operators (QDQ format) and computes the layer between two pairs in
 * integers.
 */
final class Int8Rendering extends QuantizableRendering {
  /**
   * The scale of quantized values: {@code value = (byte - zero) * step}.
   *
   * @param step difference of two adjacent bytes
   * @param zero the byte of the value 0, 0 to 255
   */
  record Scale(float step, int zero) {
    /** Returns the scale that spreads a range, extended to include 0, over 256 bytes. */
    static Scale of(Ranges.Range range) {
      float min = Math.min(range.min(), 0);
      float step = (Math.max(range.max(), 0) - min) / 255;
      return step >= Float.MIN_NORMAL ? new Scale(step, Math.round(-min / step)) : new Scale(1, 0);
    }
  }

  private final Ranges ranges;
  private final Map<String, Scale> scales;

  /**
   * @param float32 writes the layer in float32
   * @param clippedNext whether only a ReLU or ReLU6 reads the values
   * @param scales of the quantized values of earlier steps; this step adds its own
   */
  Int8Rendering(
      OnnxRendering float32, boolean clippedNext, Ranges ranges, Map<String, Scale> scales) {
    super(float32, clippedNext);
    this.ranges = ranges;
    this.scales = scales;
  }

  @Override
  String withOwnRange(Function<OnnxRendering, String> layer) {
    return quantized(layer.apply(to(output + ".float")), Scale.of(ranges.of(output)));
  }

  /** Writes no ReLU: quantizing to its range already clips the values. */
  @Override
  String withClippedRange(Function<OnnxRendering, String> layer) {
    return quantized(inputs.get(0), Scale.of(ranges.of(output)));
  }

  @Override
  String withInputRange(Function<OnnxRendering, String> layer) {
    Scale scale = scales.get(inputs.get(0));
    return scale == null
        ? layer.apply(to(output))
        : quantized(layer.apply(to(output + ".float")), scale);
  }

  /** Quantizes a value to uint8 and dequantizes it; returns the name of the result. */
  private String quantized(String value, Scale scale) {
    List<String> parameters = parameters(scale);
    String bytes =
        node("QuantizeLinear", ".uint8", List.of(value, parameters.get(0), parameters.get(1)));
    return dequantized(bytes, scale, parameters);
  }

  private String dequantized(String bytes, Scale scale, List<String> parameters) {
    scales.put(output, scale);
    return node("DequantizeLinear", "", List.of(bytes, parameters.get(0), parameters.get(1)));
  }

  private List<String> parameters(Scale scale) {
    return List.of(
        scalar(".scale", scale.step()), graph.unsignedByte(output + ".zero", scale.zero()));
  }

  /**
   * Uses the pixels as quantized values, without loss, if all channels have one deviation and one
   * mean, and that is a whole number from 0 to 255.
   */
  @Override
  public String normalize(Layer.Normalize layer) {
    float mean = layer.mean().get(0);
    float deviation = layer.deviation().get(0);
    boolean exact =
        layer.order() == ChannelOrder.RGB
            && layer.mean().stream().allMatch(each -> each == mean)
            && layer.deviation().stream().allMatch(each -> each == deviation)
            && mean == Math.rint(mean)
            && mean >= 0
            && mean <= 255;
    if (!exact) {
      return super.normalize(layer);
    }
    Scale scale = new Scale(1 / deviation, (int) mean);
    return pixels == PixelType.UINT8
        ? dequantized(inputs.get(0), scale, parameters(scale))
        : quantized(to(output + ".float").normalize(layer), scale);
  }

  /** Writes an external network with its products in int8. */
  @Override
  public String external(Layer.External layer) {
    return external(
        layer,
        model ->
            ModelQuantizer.quantized(
                new QuantizableModel(model), value -> ranges.of(output + ":" + value)));
  }

  /** Writes a convolution or, for small images, a dense layer; integer sums make both equal. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    Scale scale = scales.get(inputs.get(0));
    if (scale == null) {
      return super.conv2d(layer);
    }
    QuantizedWeights weights = quantizedWeights(layer, scale);
    return unlessClippedNext(
        to ->
            to.isSmallerThanKernel(layer)
                ? unrolled(to, layer, weights)
                : to.convolution(layer, constants(layer, layer.weights().get(0).shape(), weights)));
  }

  private String unrolled(OnnxRendering to, Layer.Conv2d layer, QuantizedWeights quantized) {
    long[] shape = to.matrix(layer);
    byte[] matrix = new byte[Math.toIntExact(shape[0] * shape[1])];
    to.unroll(layer, (at, tap) -> matrix[at] = quantized.kernel()[tap]);
    int[] bias = new int[Math.toIntExact(shape[0])];
    float[] steps = new float[bias.length];
    float[] biasSteps = new float[bias.length];
    int pixels = to.outputPixels(layer);
    for (int i = 0; i < bias.length; i++) {
      int out = i / pixels;
      bias[i] = quantized.bias()[out];
      steps[i] = quantized.steps()[out];
      biasSteps[i] = quantized.biasSteps()[out];
    }
    List<String> names =
        constants(
            layer,
            List.of(shape[0], shape[1]),
            new QuantizedWeights(matrix, steps, bias, biasSteps));
    return to.unrolled(layer, names.get(0), names.get(1));
  }

  private QuantizedWeights quantizedWeights(Layer.Conv2d layer, Scale input) {
    return QuantizedWeights.of(
        weights.of(layer.weights().get(0)),
        layer.bias() ? weights.of(layer.weights().get(1)) : new float[layer.out()],
        new QuantizedWeights.Division(layer.out(), layer.groups(), layer.kernel() * layer.kernel()),
        input,
        ranges.of(inputs.get(0)).means());
  }

  /** Writes quantized kernel and bias and returns the names of their dequantized values. */
  private List<String> constants(Layer.Conv2d layer, List<Long> shape, QuantizedWeights quantized) {
    String kernel = layer.weights().get(0).name();
    List<Long> outputs = List.of((long) quantized.bias().length);
    String bytes = graph.bytes(kernel + ".int8", shape, quantized.kernel());
    String zeros = graph.bytes(bytes + ".zero", outputs, new byte[quantized.bias().length]);
    String integers = graph.ints(layer.name() + ".bias.int32", quantized.bias());
    String integerZeros = graph.ints(integers + ".zero", new int[quantized.bias().length]);
    return List.of(
        perOutput(kernel, bytes, quantized.steps(), zeros),
        perOutput(layer.name() + ".bias", integers, quantized.biasSteps(), integerZeros));
  }

  private String perOutput(String name, String integers, float[] steps, String zeros) {
    String scale = graph.floats(integers + ".scale", List.of((long) steps.length), steps);
    return graph.node(
        "DequantizeLinear", name, List.of(integers, scale, zeros), attribute("axis", 0));
  }
}
