package dev.graft.network.onnx;

import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Quantized kernel and bias, with one scale per output channel.
 *
 * @param kernel its first axis is the output channel
 * @param steps scale of the kernel, per output
 * @param bias one per output
 * @param biasSteps scale of the bias, per output
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record QuantizedWeights(byte[] kernel, float[] steps, int[] bias, float[] biasSteps) {
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
   * The channels and groups of a kernel.
   *
   * @param out number of output channels
   * @param groups number of groups of channels that do not mix
   * @param taps weights per pair of channels; 1 for a matrix
   */
  record Division(int out, int groups, int taps) {}

  /**
   * Quantizes a kernel and its bias.
   *
   * @param values the kernel, its first axis is the output channel
   * @param bias one per output
   * @param input scale of the input
   * @param means of the input, one per channel
   */
  static QuantizedWeights of(
      float[] values,
      float[] bias,
      Division division,
      Int8Rendering.Scale input,
      List<Float> means) {
    int outputs = division.out();
    int taps = division.taps();
    int each = values.length / outputs;
    int window = taps == 1 ? each : taps;
    double[] mean = means.stream().mapToDouble(Float::doubleValue).toArray();
    float[] steps = new float[outputs];
    float[] biasSteps = new float[outputs];
    byte[] quantized = new byte[values.length];
    int[] quantizedBias = new int[outputs];
    IntConsumer rounding =
        out -> {
          int from = out * each;
          double minStep = Math.abs(bias[out]) / (input.step() * MAX_BIAS);
          steps[out] = (float) Math.max(maxMagnitude(values, from, each) / MAX_WEIGHT, minStep);
          for (int i = from; i < from + each; i += window) {
            round(values, steps[out], quantized, i, window);
          }
          int channel = out / (outputs / division.groups()) * (each / taps);
          double shift = 0;
          for (int i = from; i < from + each; channel++) {
            for (int end = i + taps; i < end; i++) {
              shift += (quantized[i] * (double) steps[out] - values[i]) * mean[channel];
            }
          }
          biasSteps[out] = input.step() * steps[out];
          // The bias cancels the shift of the output's mean that rounding the weights causes.
          quantizedBias[out] = (int) Math.round((bias[out] - shift) / biasSteps[out]);
        };
    IntStream.range(0, outputs).parallel().forEach(rounding);
    return new QuantizedWeights(quantized, steps, quantizedBias, biasSteps);
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
}
