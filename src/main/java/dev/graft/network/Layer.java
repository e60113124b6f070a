package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import java.util.List;

/**
 * One layer of a network, as a value. The DJL block, the names and shapes of its weights, the
 * summary's row and the shapes between layers all follow from this description.
 *
 * <p>Shapes here are without the batch: {@code (channels, height, width)}, or {@code (values)}
 * after {@link Flatten} and {@link Dense}.
 */
public sealed interface Layer {
  String name();

  /** The output's shape for an input of the given shape, both without the batch. */
  Shape output(Shape input);

  /** What the layer wants from a weight file, in Keras's order: kernel, then bias. */
  default List<Weight> weights() {
    return List.of();
  }

  /**
   * The layer in DJL: takes and gives one array, {@code (N, C, H, W)} or {@code (N, values)},
   * float32.
   */
  Block block();

  /** What the summary calls this kind of layer. */
  default String type() {
    return getClass().getSimpleName();
  }

  /** Number of weights. */
  default long parameters() {
    return weights().stream().mapToLong(Weight::size).sum();
  }

  /** How a convolution treats the border, as in Keras. */
  enum Padding {
    /** No padding: the kernel stays inside the picture. */
    VALID,
    /**
     * Output size is input size / stride, rounded up; zeros are shared out over both sides, the odd
     * one at the bottom and right (TensorFlow's convention, which differs from a symmetric padding
     * where the stride is 2).
     */
    SAME;

    /** Zeros before the first and after the last pixel of an axis of the given length. */
    int[] zeros(int length, int kernel, int stride) {
      if (this == VALID) {
        return new int[] {0, 0};
      }
      int out = (length + stride - 1) / stride;
      int total = Math.max((out - 1) * stride + kernel - length, 0);
      return new int[] {total / 2, total - total / 2};
    }
  }

  /** Square convolution with a bias; {@code groups == in} makes it depthwise. */
  record Conv2d(String name, int in, int out, int kernel, int stride, Padding padding, int groups)
      implements Layer {
    public Conv2d {
      if (in % groups != 0 || out % groups != 0) {
        throw new IllegalArgumentException(
            name + ": " + groups + " groups do not divide " + in + " and " + out + " channels");
      }
    }

    /** A dense 3x3 convolution of stride 1. */
    static Conv2d of3x3(String name, int in, int out, Padding padding) {
      return new Conv2d(name, in, out, 3, 1, padding, 1);
    }

    @Override
    public Block block() {
      return Blocks.convolution(this);
    }

    @Override
    public Shape output(Shape input) {
      if (input.dimension() != 3 || input.get(0) != in) {
        throw new IllegalArgumentException(name + " wants " + in + " channels, not " + input);
      }
      return new Shape(out, length(input.get(1)), length(input.get(2)));
    }

    private long length(long inputLength) {
      int[] zeros = padding.zeros(Math.toIntExact(inputLength), kernel, stride);
      return (inputLength + zeros[0] + zeros[1] - kernel) / stride + 1;
    }

    @Override
    public List<Weight> weights() {
      boolean depthwise = groups > 1 && groups == in;
      return List.of(
          Weight.of(
              name,
              depthwise ? Weight.Role.DEPTHWISE_KERNEL : Weight.Role.KERNEL,
              out,
              in / groups,
              kernel,
              kernel),
          Weight.of(name, Weight.Role.BIAS, out));
    }
  }

  /** {@code max(x, 0)}. */
  record Relu(String name) implements Layer {
    @Override
    public Block block() {
      return Activation.reluBlock();
    }

    @Override
    public Shape output(Shape input) {
      return input;
    }
  }

  /** {@code min(max(x, 0), 6)}. */
  record Relu6(String name) implements Layer {
    @Override
    public Block block() {
      return Blocks.lambda("relu6", x -> x.clip(0, 6));
    }

    @Override
    public Shape output(Shape input) {
      return input;
    }
  }

  /** Maximum over squares of {@code size} pixels, {@code size} apart; a remainder is dropped. */
  record MaxPool(String name, int size) implements Layer {
    @Override
    public Block block() {
      return Pool.maxPool2dBlock(new Shape(size, size), new Shape(size, size));
    }

    @Override
    public Shape output(Shape input) {
      return new Shape(input.get(0), input.get(1) / size, input.get(2) / size);
    }
  }

  /**
   * While training, each value is zero with probability {@code rate} and scaled by {@code 1 / (1 -
   * rate)} otherwise.
   */
  record Dropout(String name, double rate) implements Layer {
    public Dropout {
      if (!(rate >= 0 && rate < 1)) {
        throw new IllegalArgumentException(name + ": a dropout rate is in [0, 1), not " + rate);
      }
    }

    @Override
    public Block block() {
      return ai.djl.nn.norm.Dropout.builder().optRate((float) rate).build();
    }

    @Override
    public Shape output(Shape input) {
      return input;
    }
  }

  /** {@code (C, H, W)} to {@code (C * H * W)}, channels slowest. */
  record Flatten(String name) implements Layer {
    @Override
    public Block block() {
      return Blocks.lambda("flatten", x -> x.reshape(x.size(0), -1));
    }

    @Override
    public Shape output(Shape input) {
      return new Shape(input.size());
    }
  }

  /** Fully connected layer with a bias. */
  record Dense(String name, int in, int out) implements Layer {
    @Override
    public Block block() {
      return Linear.builder().setUnits(out).build();
    }

    @Override
    public Shape output(Shape input) {
      if (input.dimension() != 1 || input.get(0) != in) {
        throw new IllegalArgumentException(name + " wants " + in + " values, not " + input);
      }
      return new Shape(out);
    }

    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.of(name, Weight.Role.DENSE_KERNEL, out, in),
          Weight.of(name, Weight.Role.BIAS, out));
    }
  }

  /** {@code body(x) + x}. */
  record Residual(String name, List<Layer> body) implements Layer {
    public Residual {
      body = List.copyOf(body);
    }

    @Override
    public Block block() {
      return new Chain(body, true);
    }

    @Override
    public String type() {
      return "Residual of " + body.size() + " layers";
    }

    @Override
    public Shape output(Shape input) {
      Shape output = Layer.outputOf(body, input);
      if (!output.equals(input)) {
        throw new IllegalArgumentException(name + " adds " + output + " to " + input);
      }
      return output;
    }

    @Override
    public List<Weight> weights() {
      return body.stream().flatMap(layer -> layer.weights().stream()).toList();
    }
  }

  /** The output's shape of layers one after the other. */
  static Shape outputOf(List<Layer> layers, Shape input) {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.output(shape);
    }
    return shape;
  }
}
