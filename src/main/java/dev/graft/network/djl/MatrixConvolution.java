package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.graft.network.Layer;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * A convolution of a small map as matrix products in the channel-major layout: {@code (C, N, P)} to
 * {@code (O, N, Q)}, with P = H * W pixels of the input and Q of the output. A constant matrix of
 * zeros and ones holds stride and padding; gradients of the kernel pass through it.
 */
final class MatrixConvolution {
  private final Layer.Conv2d layer;
  private final ConvolutionMethod method;
  private final Shape input;
  private final Shape output;

  /** The constant matrix, created at the first use and owned by the weight's manager. */
  private NDArray taps;

  /**
   * @param input {@code (C, H, W)}
   */
  MatrixConvolution(Layer.Conv2d layer, Shape input) {
    this(layer, input, ConvolutionMethod.of(layer, input));
  }

  MatrixConvolution(Layer.Conv2d layer, Shape input, ConvolutionMethod method) {
    this.layer = layer;
    this.method = method;
    this.input = input;
    output = layer.output(input);
  }

  /** Returns whether this was created for an input of that shape. */
  boolean takes(Shape other) {
    return input.equals(other);
  }

  /**
   * The operations after a convolution that are computed with it, which saves one pass over the
   * maps.
   *
   * @param factor of each output channel, {@code (O)}; multiplies the kernel instead of the maps
   * @param shift of each output channel, {@code (O)}
   * @param activation may overwrite its argument
   * @param rounded whether the result may be in the type that products round their arguments to
   */
  record Epilogue(
      Optional<NDArray> factor,
      Optional<NDArray> shift,
      UnaryOperator<NDArray> activation,
      boolean rounded) {}

  /**
   * Computes the convolution and what follows it.
   *
   * @param x {@code (C, N, P)}
   * @param kernel {@code (O, C / groups, k, k)}
   * @return {@code (O, N, Q)}
   */
  NDArray forward(NDArray x, NDArray kernel, Epilogue epilogue, Arithmetic arithmetic) {
    NDArray plain = view(kernel, x, layer.out(), -1); // (O, C / groups * k * k)
    NDArray scaled = epilogue.factor().map(each -> plain.mul(each.reshape(-1, 1))).orElse(plain);
    BinaryOperator<NDArray> times =
        epilogue.rounded() ? arithmetic::roundedProduct : arithmetic::product;
    NDArray product =
        switch (method) {
          case POINTWISE -> pointwise(x, scaled, times);
          case PER_CHANNEL -> times.apply(x, perChannel(scaled, taps(kernel), arithmetic));
          case PER_PIXEL_PAIR -> perPixelPair(x, scaled, taps(kernel), arithmetic);
          case UNFOLDED -> unfolded(x, scaled, taps(kernel), arithmetic);
          case ENGINE -> throw new IllegalStateException(layer.name() + " is left to the engine");
        };
    Shape channels =
        method == ConvolutionMethod.PER_CHANNEL ? new Shape(-1, 1, 1) : new Shape(-1, 1);
    NDArray shifted =
        epilogue
            .shift()
            .map(each -> arithmetic.plus(product, each.reshape(channels)))
            .orElse(product);
    NDArray y = epilogue.activation().apply(shifted);
    NDArray laidOut =
        switch (method) {
          case PER_CHANNEL -> y;
          case PER_PIXEL_PAIR -> y.transpose(1, 2, 0);
          default -> y.reshape(layer.out(), -1, outputs());
        };
    // The engine's graph holds what backward passes need; without closing, the rest would stay
    // until the end of the batch.
    for (NDArray each : List.of(product, shifted, y)) {
      if (each != laidOut) {
        each.close();
      }
    }
    return laidOut;
  }

  /**
   * Returns a weight in another shape. The manager of {@code x} owns the view, and so all that is
   * computed from it; that of the weight would keep it until the end of the training.
   */
  static NDArray view(NDArray weight, NDArray x, long... shape) {
    NDArray view = weight.reshape(shape);
    view.attach(x.getManager());
    return view;
  }

  /** Returns {@code (O, N * Q)}. */
  private NDArray pointwise(NDArray x, NDArray kernel, BinaryOperator<NDArray> times) {
    return times.apply(kernel, x.reshape(layer.in(), -1));
  }

  /** Returns the matrices {@code (C, P, Q)}, rounded as the product with them would do anyway. */
  private NDArray perChannel(NDArray kernel, NDArray taps, Arithmetic arithmetic) {
    return arithmetic.roundedProduct(kernel, taps).reshape(layer.in(), inputs(), outputs());
  }

  /** Returns {@code (Q, O, N)}. */
  private NDArray perPixelPair(NDArray x, NDArray kernel, NDArray taps, Arithmetic arithmetic) {
    NDArray byTap = kernel.reshape((long) layer.out() * layer.in(), kernelTaps());
    NDArray matrices = // (P, Q, O, C)
        view(taps, x, kernelTaps(), -1)
            .transpose(1, 0)
            .matMul(byTap.transpose(1, 0))
            .reshape(inputs(), outputs(), layer.out(), layer.in());
    NDArray pixels = x.transpose(2, 0, 1).expandDims(1); // (P, 1, C, N)
    try (NDArray products = arithmetic.product(matrices, pixels)) {
      return products.sum(new int[] {0});
    }
  }

  /** Returns {@code (O, N * Q)}. */
  private NDArray unfolded(NDArray x, NDArray kernel, NDArray taps, Arithmetic arithmetic) {
    NDArray byPixel = // (P, k * k * Q)
        view(taps, x, kernelTaps(), inputs(), outputs()).transpose(1, 0, 2).reshape(inputs(), -1);
    NDArray columns = // (C * k * k, N * Q)
        x.reshape(-1, inputs())
            .matMul(byPixel)
            .reshape(layer.in(), -1, kernelTaps(), outputs())
            .transpose(0, 2, 1, 3)
            .reshape((long) layer.in() * kernelTaps(), -1);
    return arithmetic.product(kernel, columns);
  }

  private long inputs() {
    return input.get(1) * input.get(2);
  }

  private long outputs() {
    return output.get(1) * output.get(2);
  }

  private int kernelTaps() {
    return layer.kernel() * layer.kernel();
  }

  /**
   * Returns the constant matrix {@code (k * k, P * Q)}: 1 where a tap of the kernel leads from a
   * pixel of the input to one of the output.
   */
  private NDArray taps(NDArray kernel) {
    if (taps == null || !taps.getDevice().equals(kernel.getDevice())) {
      float[] values = new float[Math.toIntExact(kernelTaps() * inputs() * outputs())];
      forEachTap((tap, p, q) -> values[(int) ((tap * inputs() + p) * outputs() + q)] = 1);
      taps = kernel.getManager().create(values, new Shape(kernelTaps(), inputs() * outputs()));
    }
    return taps;
  }

  private interface Tap {
    void at(int tap, int p, int q);
  }

  private void forEachTap(Tap action) {
    int height = Math.toIntExact(input.get(1));
    int width = Math.toIntExact(input.get(2));
    int top = layer.padding().outside(height, layer.kernel(), layer.stride())[0];
    int left = layer.padding().outside(width, layer.kernel(), layer.stride())[0];
    for (int y = 0; y < output.get(1); y++) {
      for (int x = 0; x < output.get(2); x++) {
        for (int tap = 0; tap < kernelTaps(); tap++) {
          int row = y * layer.stride() + tap / layer.kernel() - top;
          int column = x * layer.stride() + tap % layer.kernel() - left;
          if (row >= 0 && row < height && column >= 0 && column < width) {
            action.at(tap, row * width + column, y * (int) output.get(2) + x);
          }
        }
      }
    }
  }
}
