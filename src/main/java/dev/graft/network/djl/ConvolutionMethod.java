package dev.graft.network.djl;

import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer;

/**
 * The method by which a trained convolution is computed: the engine's own, or matrix products in
 * the channel-major layout {@code (C, N, P)}, where N is the batch and P the pixels. Engines
 * compute convolutions of small maps, and above all their gradients, many times slower than matrix
 * products.
 *
 * <p>{@code ConvolutionTimes} in the test sources measures the times behind the limits below.
 */
enum ConvolutionMethod {
  /** The engine's own convolution, in the layout {@code (N, C, H, W)}. */
  ENGINE,
  /** A 1x1 convolution: one product of the weights {@code (O, C)} and all pixels. */
  POINTWISE,
  /** A depthwise convolution: one matrix {@code (P, Q)} per channel, Q the pixels of the output. */
  PER_CHANNEL,
  /** One matrix {@code (O, C)} per pair of an output and an input pixel. */
  PER_PIXEL_PAIR,
  /** One product of the weights and the unfolded input (im2col). */
  UNFOLDED;

  /**
   * Maximum ratio of the multiplications of {@link #PER_CHANNEL} to those of the convolution. In
   * CPU time of one thread, without AVX-512, 672 channels and 128 images, forward and backward: 5x5
   * on 6x6 pixels 40 ms instead of the engine's 240, on 7x7 90 instead of 250; 3x3 on 7x7 100
   * instead of 110, so that the limit is near there.
   */
  private static final int MAX_WASTE = 8;

  /** Maximum number of pairs, from counts of operations: the weights are repeated for each. */
  private static final long MAX_PAIRS = 16;

  /** Maximum number of input pixels, from counts of operations: the input is copied k * k times. */
  private static final long MAX_UNFOLDED = 16;

  /** Returns whether this is one product of the input as it is and weights. */
  boolean isOneProduct() {
    return this == POINTWISE || this == PER_CHANNEL;
  }

  /**
   * Returns the fastest method for a convolution.
   *
   * @param input {@code (C, H, W)}
   */
  static ConvolutionMethod of(Layer.Conv2d layer, Shape input) {
    Shape output = layer.output(input);
    long pixels = input.get(1) * input.get(2);
    long outputs = output.get(1) * output.get(2);
    int taps = layer.kernel() * layer.kernel();
    if (layer.groups() == layer.in() && layer.out() == layer.in() && layer.groups() > 1) {
      return pixels <= (long) MAX_WASTE * taps ? PER_CHANNEL : ENGINE;
    }
    if (layer.groups() > 1) {
      return ENGINE;
    }
    if (taps == 1 && layer.stride() == 1) {
      return POINTWISE;
    }
    if (pixels * outputs <= MAX_PAIRS) {
      return PER_PIXEL_PAIR;
    }
    return pixels <= MAX_UNFOLDED ? UNFOLDED : ENGINE;
  }
}
