package dev.graft.network.onnx;

import static dev.graft.network.onnx.OnnxGraph.attribute;

import dev.graft.network.Layer;
import dev.graft.network.Preprocessing.ChannelOrder;
import dev.graft.network.Weight;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Writes layers in int8: each value is quantized to uint8 and dequantized again. ONNX Runtime
 * recognizes these pairs of operators (QDQ format) and computes the layer between two pairs in
 * integers.
 */
final class Int8Rendering extends QuantizableRendering {
  /**
   * Maximum magnitude of a quantized weight (7 bits). Processors without VNNI add two products of a
   * uint8 and an int8 in 16 bits, which overflows with 8-bit weights and never with 7-bit weights
   * (ONNX Runtime's guide to quantization, {@code reduce_range}).
   */
  private static final int MAX_WEIGHT = 63;

  /** Stands for the maximum magnitude of weights that are all zero. */
  private static final float MIN_MAGNITUDE = 1e-18f;

  /**
   * Maximum magnitude of a quantized bias, half the range of int32, so that sums do not overflow.
   */
  private static final double MAX_BIAS = 1 << 30;

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
    return quantized(
        layer.apply(float32.to(float32.output() + ".float")),
        Scale.of(ranges.of(float32.output())));
  }

  /** Writes no ReLU: quantizing to its range already clips the values. */
  @Override
  String withClippedRange(Function<OnnxRendering, String> layer) {
    return quantized(float32.inputs().get(0), Scale.of(ranges.of(float32.output())));
  }

  @Override
  String withInputRange(Function<OnnxRendering, String> layer) {
    Scale scale = scales.get(float32.inputs().get(0));
    return scale == null
        ? layer.apply(float32)
        : quantized(layer.apply(float32.to(float32.output() + ".float")), scale);
  }

  /** Quantizes a value to uint8 and dequantizes it; returns the name of the result. */
  private String quantized(String value, Scale scale) {
    List<String> parameters = parameters(scale);
    String bytes = float32.output() + ".uint8";
    float32
        .graph()
        .node("QuantizeLinear", bytes, List.of(value, parameters.get(0), parameters.get(1)));
    return dequantized(bytes, scale, parameters);
  }

  private String dequantized(String bytes, Scale scale, List<String> parameters) {
    scales.put(float32.output(), scale);
    return float32
        .graph()
        .node(
            "DequantizeLinear",
            float32.output(),
            List.of(bytes, parameters.get(0), parameters.get(1)));
  }

  private List<String> parameters(Scale scale) {
    return List.of(
        float32.graph().scalar(float32.output() + ".scale", scale.step()),
        float32.graph().unsignedByte(float32.output() + ".zero", scale.zero()));
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
    return float32.pixels() == PixelType.UINT8
        ? dequantized(float32.inputs().get(0), scale, parameters(scale))
        : quantized(float32.to(float32.output() + ".float").normalize(layer), scale);
  }

  /** Writes a convolution or, for small images, a dense layer; integer sums make both equal. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    Scale scale = scales.get(float32.inputs().get(0));
    if (scale == null) {
      return super.conv2d(layer);
    }
    Quantized weights = quantizedWeights(layer, scale);
    return unlessClippedNext(
        to ->
            to.isSmallerThanKernel(layer)
                ? unrolled(to, layer, weights)
                : to.convolution(layer, constants(layer, layer.weights().get(0).shape(), weights)));
  }

  private String unrolled(OnnxRendering to, Layer.Conv2d layer, Quantized quantized) {
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
            layer, List.of(shape[0], shape[1]), new Quantized(matrix, steps, bias, biasSteps));
    return to.unrolled(layer, names.get(0), names.get(1));
  }

  /**
   * Quantized kernel and bias, with one scale per output channel.
   *
   * @param kernel its first axis is the output channel
   * @param steps scale of the kernel, per output
   * @param bias one per output
   * @param biasSteps scale of the bias, per output
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Quantized(byte[] kernel, float[] steps, int[] bias, float[] biasSteps) {}

  private Quantized quantizedWeights(Layer.Conv2d layer, Scale input) {
    Weight kernel = layer.weights().get(0);
    float[] values = float32.weights().of(kernel);
    float[] bias =
        layer.bias() ? float32.weights().of(layer.weights().get(1)) : new float[layer.out()];
    double[] means =
        ranges.of(float32.inputs().get(0)).means().stream()
            .mapToDouble(Float::doubleValue)
            .toArray();
    int taps = layer.kernel() * layer.kernel();
    int each = values.length / layer.out();
    int window = taps == 1 ? each : taps;
    float[] steps = new float[layer.out()];
    float[] biasSteps = new float[layer.out()];
    byte[] quantized = new byte[values.length];
    int[] quantizedBias = new int[layer.out()];
    IntConsumer rounding =
        out -> {
          int from = out * each;
          double minStep = Math.abs(bias[out]) / (input.step() * MAX_BIAS);
          steps[out] = (float) Math.max(maxMagnitude(values, from, each) / MAX_WEIGHT, minStep);
          for (int i = from; i < from + each; i += window) {
            round(values, steps[out], quantized, i, window);
          }
          int channel = out / (layer.out() / layer.groups()) * (layer.in() / layer.groups());
          double shift = 0;
          for (int i = from; i < from + each; channel++) {
            for (int end = i + taps; i < end; i++) {
              shift += (quantized[i] * (double) steps[out] - values[i]) * means[channel];
            }
          }
          biasSteps[out] = input.step() * steps[out];
          // The bias cancels the shift of the output's mean that rounding the weights causes.
          quantizedBias[out] = (int) Math.round((bias[out] - shift) / biasSteps[out]);
        };
    IntStream.range(0, layer.out()).parallel().forEach(rounding);
    return new Quantized(quantized, steps, quantizedBias, biasSteps);
  }

  /** Writes quantized kernel and bias and returns the names of their dequantized values. */
  private List<String> constants(Layer.Conv2d layer, List<Long> shape, Quantized quantized) {
    String kernel = layer.weights().get(0).name();
    OnnxGraph graph = float32.graph();
    List<Long> outputs = List.of((long) quantized.bias().length);
    String bytes = graph.bytes(kernel + ".int8", shape, quantized.kernel());
    String zeros = graph.bytes(bytes + ".zero", outputs, new byte[quantized.bias().length]);
    String integers = graph.ints(layer.name() + ".bias.int32", quantized.bias());
    String integerZeros = graph.ints(integers + ".zero", new int[quantized.bias().length]);
    return List.of(
        perOutput(kernel, bytes, quantized.steps(), zeros),
        perOutput(layer.name() + ".bias", integers, quantized.biasSteps(), integerZeros));
  }

  /** Returns the maximum magnitude of consecutive values, at least {@link #MIN_MAGNITUDE}. */
  private static float maxMagnitude(float[] values, int from, int count) {
    float max = MIN_MAGNITUDE;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, Math.abs(values[i]));
    }
    return max;
  }

  /**
   * Rounds the weights of a window so that the error of their sum is at most half a step: while it
   * is larger, the weight with the largest rounding error is rounded the other way. A constant
   * input then keeps its value, and 7-bit weights are as accurate as plainly rounded 8-bit weights
   * (SQuant: Guo et al. 2022, <a href="https://arxiv.org/abs/2202.07471">arXiv 2202.07471</a>).
   *
   * @param values the weights
   * @param step scale of the quantized weights
   * @param quantized receives the quantized weights, at the same indices
   * @param from index of the first weight of the window
   * @param count number of weights in the window
   */
  static void round(float[] values, float step, byte[] quantized, int from, int count) {
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      quantized[i] = (byte) Math.round(values[i] / step);
      sum += quantized[i] - values[i] / step;
    }
    for (; Math.abs(sum) > 0.5; sum -= Math.signum(sum)) {
      int worst = from;
      double max = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + count; i++) {
        double excess = Math.signum(sum) * (quantized[i] - values[i] / step);
        if (excess > max) {
          max = excess;
          worst = i;
        }
      }
      quantized[worst] -= (byte) Math.signum(sum);
    }
  }

  private String perOutput(String name, String integers, float[] steps, String zeros) {
    String scale = float32.graph().floats(integers + ".scale", List.of((long) steps.length), steps);
    return float32
        .graph()
        .node("DequantizeLinear", name, List.of(integers, scale, zeros), attribute("axis", 0));
  }
}
