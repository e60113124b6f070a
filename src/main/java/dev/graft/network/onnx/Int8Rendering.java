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
 * Makes bytes of values, and reads them back: the pairs of operators from which ONNX Runtime sees
 * that it may compute what lies between two pairs in bytes alone.
 */
final class Int8Rendering extends QuantizableRendering {
  /**
   * The greatest weight. Two products of a byte and a weight of 8 bits may not fit into the 16 bits
   * in which processors without VNNI add them up; of 7 bits they do, on every processor.
   */
  private static final int GREATEST = 63;

  /** Stands for the greatest of weights that are all zero. */
  private static final float LEAST = 1e-18f;

  /** The greatest bias, far from where sums overflow. */
  private static final double GREATEST_BIAS = 1 << 30;

  /**
   * Bytes as values: {@code (byte - zero) * step}.
   *
   * @param zero the byte that is 0
   */
  record Scale(float step, int zero) {
    /** From a range and 0, in 256 values. */
    static Scale of(Ranges.Range range) {
      float least = Math.min(range.least(), 0);
      float step = (Math.max(range.greatest(), 0) - least) / 255;
      return step >= Float.MIN_NORMAL
          ? new Scale(step, Math.round(-least / step))
          : new Scale(1, 0);
    }
  }

  private final Ranges ranges;
  private final Map<String, Scale> scales;

  /**
   * @param scales of the steps before; this one adds its own
   */
  Int8Rendering(OnnxRendering at, boolean passing, Ranges ranges, Map<String, Scale> scales) {
    super(at, passing);
    this.ranges = ranges;
    this.scales = scales;
  }

  @Override
  String ranged(Function<OnnxRendering, String> layer) {
    return bytes(layer.apply(at.to(at.output() + ".float")), Scale.of(ranges.of(at.output())));
  }

  /** Bytes hold nothing outside their range. */
  @Override
  String clipped(Function<OnnxRendering, String> layer) {
    return bytes(at.inputs().get(0), Scale.of(ranges.of(at.output())));
  }

  @Override
  String chosen(Function<OnnxRendering, String> layer) {
    Scale scale = scales.get(at.inputs().get(0));
    return scale == null
        ? layer.apply(at)
        : bytes(layer.apply(at.to(at.output() + ".float")), scale);
  }

  /** A value to bytes and back. */
  private String bytes(String value, Scale scale) {
    List<String> parameters = parameters(scale);
    String bytes = at.output() + ".uint8";
    at.graph().node("QuantizeLinear", bytes, List.of(value, parameters.get(0), parameters.get(1)));
    return values(bytes, scale, parameters);
  }

  private String values(String bytes, Scale scale, List<String> parameters) {
    scales.put(at.output(), scale);
    return at.graph()
        .node(
            "DequantizeLinear", at.output(), List.of(bytes, parameters.get(0), parameters.get(1)));
  }

  private List<String> parameters(Scale scale) {
    return List.of(
        at.graph().scalar(at.output() + ".scale", scale.step()),
        at.graph().unsignedByte(at.output() + ".zero", scale.zero()));
  }

  /** Pixels whose mean is a byte, and the same in all channels, are such bytes themselves. */
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
    return at.pixels() == PixelType.UINT8
        ? values(at.inputs().get(0), scale, parameters(scale))
        : bytes(at.to(at.output() + ".float").normalize(layer), scale);
  }

  /** In bytes the sums are whole numbers: either way gives the same. */
  @Override
  public String conv2d(Layer.Conv2d layer) {
    Scale scale = scales.get(at.inputs().get(0));
    if (scale == null) {
      return super.conv2d(layer);
    }
    Whole whole = whole(layer, scale);
    return measured(
        to ->
            to.isMostlyOutside(layer)
                ? unrolled(to, layer, whole)
                : to.convolution(layer, constants(layer, layer.weights().get(0).shape(), whole)));
  }

  private String unrolled(OnnxRendering to, Layer.Conv2d layer, Whole whole) {
    long[] shape = to.matrix(layer);
    byte[] matrix = new byte[Math.toIntExact(shape[0] * shape[1])];
    to.unroll(layer, (at, tap) -> matrix[at] = whole.kernel()[tap]);
    int[] bias = new int[Math.toIntExact(shape[0])];
    float[] steps = new float[bias.length];
    float[] biasSteps = new float[bias.length];
    int pixels = to.pixels(layer);
    for (int i = 0; i < bias.length; i++) {
      int out = i / pixels;
      bias[i] = whole.bias()[out];
      steps[i] = whole.steps()[out];
      biasSteps[i] = whole.biasSteps()[out];
    }
    List<String> names =
        constants(layer, List.of(shape[0], shape[1]), new Whole(matrix, steps, bias, biasSteps));
    return to.unrolled(layer, names.get(0), names.get(1));
  }

  /**
   * Kernel and bias as whole numbers, of a step for each output.
   *
   * @param kernel the first axis is that of the outputs
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Whole(byte[] kernel, float[] steps, int[] bias, float[] biasSteps) {}

  private Whole whole(Layer.Conv2d layer, Scale input) {
    Weight kernel = layer.weights().get(0);
    float[] values = at.weights().of(kernel);
    float[] bias = layer.bias() ? at.weights().of(layer.weights().get(1)) : new float[layer.out()];
    double[] means =
        ranges.of(at.inputs().get(0)).means().stream().mapToDouble(Float::doubleValue).toArray();
    int taps = layer.kernel() * layer.kernel();
    int each = values.length / layer.out();
    int window = taps == 1 ? each : taps;
    float[] steps = new float[layer.out()];
    float[] biasSteps = new float[layer.out()];
    byte[] whole = new byte[values.length];
    int[] wholeBias = new int[layer.out()];
    IntConsumer rounding =
        out -> {
          int from = out * each;
          double least = Math.abs(bias[out]) / (input.step() * GREATEST_BIAS);
          steps[out] = (float) Math.max(greatest(values, from, each) / GREATEST, least);
          for (int i = from; i < from + each; i += window) {
            round(values, steps[out], whole, i, window);
          }
          int channel = out / (layer.out() / layer.groups()) * (layer.in() / layer.groups());
          double shift = 0;
          for (int i = from; i < from + each; channel++) {
            for (int end = i + taps; i < end; i++) {
              shift += (whole[i] * (double) steps[out] - values[i]) * means[channel];
            }
          }
          biasSteps[out] = input.step() * steps[out];
          // What rounding the weights adds to the output's mean, the bias takes off again.
          wholeBias[out] = (int) Math.round((bias[out] - shift) / biasSteps[out]);
        };
    IntStream.range(0, layer.out()).parallel().forEach(rounding);
    return new Whole(whole, steps, wholeBias, biasSteps);
  }

  /** Names of kernel and bias, read back as values. */
  private List<String> constants(Layer.Conv2d layer, List<Long> shape, Whole whole) {
    String kernel = layer.weights().get(0).name();
    OnnxGraph graph = at.graph();
    List<Long> outputs = List.of((long) whole.bias().length);
    String bytes = graph.bytes(kernel + ".int8", shape, whole.kernel());
    String zeros = graph.bytes(bytes + ".zero", outputs, new byte[whole.bias().length]);
    String integers = graph.ints(layer.name() + ".bias.int32", whole.bias());
    String integerZeros = graph.ints(integers + ".zero", new int[whole.bias().length]);
    return List.of(
        perOutput(kernel, bytes, whole.steps(), zeros),
        perOutput(layer.name() + ".bias", integers, whole.biasSteps(), integerZeros));
  }

  /** The greatest size of some values. */
  private static float greatest(float[] values, int from, int count) {
    float greatest = LEAST;
    for (int i = from; i < from + count; i++) {
      greatest = Math.max(greatest, Math.abs(values[i]));
    }
    return greatest;
  }

  /**
   * Rounds a window's weights so that their sum is rounded, too: the least certain of them go the
   * other way. So what is even all over the window keeps its value, and in 7 bits a network gives
   * what rounding alone gives in 8 (Guo et al. 2022, <a href="https://arxiv.org/abs/2202.07471">
   * arXiv 2202.07471</a>).
   */
  static void round(float[] values, float step, byte[] whole, int from, int count) {
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      whole[i] = (byte) Math.round(values[i] / step);
      sum += whole[i] - values[i] / step;
    }
    for (; Math.abs(sum) > 0.5; sum -= Math.signum(sum)) {
      int most = from;
      double greatest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + count; i++) {
        double excess = Math.signum(sum) * (whole[i] - values[i] / step);
        if (excess > greatest) {
          greatest = excess;
          most = i;
        }
      }
      whole[most] -= (byte) Math.signum(sum);
    }
  }

  private String perOutput(String name, String integers, float[] steps, String zeros) {
    String scale = at.graph().floats(integers + ".scale", List.of((long) steps.length), steps);
    return at.graph()
        .node("DequantizeLinear", name, List.of(integers, scale, zeros), attribute("axis", 0));
  }
}
