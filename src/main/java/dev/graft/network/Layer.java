package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;

/**
 * One layer of a network, as a value: its output shape, its weights and its row of the layer table.
 * A {@link Rendering} turns it into a DJL block or an ONNX node.
 *
 * <p>Shapes have no batch axis: {@code (channels, height, width)}, or {@code (values)} after a
 * {@link GlobalAveragePool}, {@link Flatten} or {@link Dense}.
 */
public sealed interface Layer {
  /** Returns the layer's name, which is unique in its network. */
  String name();

  /**
   * Returns the output's shape, by default that of the input.
   *
   * @param inputs one shape, except for {@link Add} and {@link Concatenate}
   * @throws IllegalArgumentException if the layer cannot take these inputs
   */
  default Shape output(Shape... inputs) {
    return singleInput(this, inputs);
  }

  /**
   * Calls the method for this kind of layer.
   *
   * @param <T> the type of the result
   */
  <T> T accept(Rendering<T> rendering);

  /** Returns the layer's weights, in Keras's order: kernel, then bias. */
  default List<Weight> weights() {
    return List.of();
  }

  /** Returns the kind of layer, as in the layer table. */
  default String type() {
    return getClass().getSimpleName();
  }

  /** Returns the number of weights, as Keras counts them. */
  default long parameters() {
    return weights().stream().mapToLong(Weight::size).sum();
  }

  /** The padding of convolutions and pooling, as in Keras. */
  enum Padding {
    /** No padding: the window stays inside the image. */
    VALID,
    /**
     * The output size is the input size / stride, rounded up. The padding is split over both sides,
     * with the odd pixel at the bottom and right: TensorFlow's convention, which differs from
     * PyTorch's symmetric padding for stride 2.
     */
    SAME;

    /**
     * Returns the padding of an axis in pixels: before the first and after the last pixel.
     *
     * @param length of the axis, in pixels
     * @param window length of the window along the axis, in pixels
     * @param stride of the window, in pixels
     */
    public int[] outside(int length, int window, int stride) {
      if (this == VALID) {
        return new int[] {0, 0};
      }
      int out = (length + stride - 1) / stride;
      int total = Math.max((out - 1) * stride + window - length, 0);
      return new int[] {total / 2, total - total / 2};
    }

    private long output(long length, int window, int stride) {
      int[] outside = outside(Math.toIntExact(length), window, stride);
      return (length + outside[0] + outside[1] - window) / stride + 1;
    }
  }

  /**
   * Reorders and normalizes the channels of the pixels.
   *
   * @param order the order of the output's channels
   * @param mean subtracted from each channel, in that order, in pixel values from 0 to 255
   * @param deviation divides each channel after that, in the same order and unit
   */
  record Normalize(
      String name, Preprocessing.ChannelOrder order, List<Float> mean, List<Float> deviation)
      implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return imageInput(this, inputs);
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.normalize(this);
    }
  }

  /**
   * A square convolution.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel side of the kernel, in pixels
   * @param stride in pixels
   * @param padding at the border
   * @param groups of channels that are convolved separately; {@code groups == in} is depthwise
   * @param bias whether it has a bias
   */
  record Conv2d(
      String name,
      int in,
      int out,
      int kernel,
      int stride,
      Padding padding,
      int groups,
      boolean bias)
      implements Layer {
    public Conv2d {
      if (in % groups != 0 || out % groups != 0) {
        throw new IllegalArgumentException(
            name + ": " + groups + " groups do not divide " + in + " and " + out + " channels");
      }
    }

    /** Creates a convolution with a bias. */
    public Conv2d(
        String name, int in, int out, int kernel, int stride, Padding padding, int groups) {
      this(name, in, out, kernel, stride, padding, groups, true);
    }

    /** Returns a 3x3 convolution with stride 1, one group and a bias. */
    static Conv2d of3x3(String name, int in, int out, Padding padding) {
      return new Conv2d(name, in, out, 3, 1, padding, 1);
    }

    @Override
    public Shape output(Shape... inputs) {
      Shape input = imageInput(this, inputs);
      if (input.get(0) != in) {
        throw new IllegalArgumentException(name + " takes " + in + " channels, not " + input);
      }
      return new Shape(
          out,
          padding.output(input.get(1), kernel, stride),
          padding.output(input.get(2), kernel, stride));
    }

    @Override
    public List<Weight> weights() {
      boolean depthwise = groups > 1 && groups == in;
      Weight.Role role = depthwise ? Weight.Role.DEPTHWISE_KERNEL : Weight.Role.KERNEL;
      Weight weight = Weight.of(name, role, out, in / groups, kernel, kernel);
      return bias ? List.of(weight, Weight.of(name, Weight.Role.BIAS, out)) : List.of(weight);
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.conv2d(this);
    }
  }

  /**
   * Batch normalization (Ioffe and Szegedy 2015) with running statistics.
   *
   * @param channels of its input
   * @param epsilon added to the variance
   */
  record BatchNorm(String name, int channels, double epsilon) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      Shape input = imageInput(this, inputs);
      if (input.get(0) != channels) {
        throw new IllegalArgumentException(name + " takes " + channels + " channels, not " + input);
      }
      return input;
    }

    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.of(name, Weight.Role.GAMMA, channels),
          Weight.of(name, Weight.Role.BETA, channels),
          Weight.of(name, Weight.Role.MEAN, channels),
          Weight.of(name, Weight.Role.VARIANCE, channels));
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.batchNorm(this);
    }
  }

  /** {@code max(x, 0)}. */
  record Relu(String name) implements Layer {
    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.relu(this);
    }
  }

  /** {@code min(max(x, 0), 6)}. */
  record Relu6(String name) implements Layer {
    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.relu6(this);
    }
  }

  /**
   * Max pooling.
   *
   * @param size side of the window, in pixels
   * @param stride in pixels; with {@link Padding#VALID}, a remainder at the border is dropped
   * @param padding at the border
   */
  record MaxPool(String name, int size, int stride, Padding padding) implements Layer {
    /** Creates a pooling without padding whose stride is its size. */
    public MaxPool(String name, int size) {
      this(name, size, size, Padding.VALID);
    }

    @Override
    public Shape output(Shape... inputs) {
      Shape input = imageInput(this, inputs);
      return new Shape(
          input.get(0),
          padding.output(input.get(1), size, stride),
          padding.output(input.get(2), size, stride));
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.maxPool(this);
    }
  }

  /** Averages each channel: {@code (C, H, W)} to {@code (C)}. */
  record GlobalAveragePool(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return new Shape(imageInput(this, inputs).get(0));
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.globalAveragePool(this);
    }
  }

  /**
   * During training, sets each value to 0 with probability {@code rate} and scales the others by
   * {@code 1 / (1 - rate)}; otherwise the identity.
   *
   * @param rate in [0, 1)
   * @param ofImages whether all values of an image are dropped together, instead of each alone
   */
  record Dropout(String name, double rate, boolean ofImages) implements Layer {
    /** Creates a layer that drops each value alone. */
    public Dropout(String name, double rate) {
      this(name, rate, false);
    }

    public Dropout {
      if (!(rate >= 0 && rate < 1)) {
        throw new IllegalArgumentException(name + ": rate must be in [0, 1), not " + rate);
      }
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.dropout(this);
    }
  }

  /** Flattens {@code (C, H, W)} to {@code (C * H * W)}, row-major. */
  record Flatten(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return new Shape(singleInput(this, inputs).size());
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.flatten(this);
    }
  }

  /**
   * A fully connected layer with a bias.
   *
   * @param in number of input values
   * @param out number of output values
   */
  record Dense(String name, int in, int out) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      Shape input = singleInput(this, inputs);
      if (input.dimension() != 1 || input.get(0) != in) {
        throw new IllegalArgumentException(name + " takes " + in + " values, not " + input);
      }
      return new Shape(out);
    }

    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.of(name, Weight.Role.DENSE_KERNEL, out, in),
          Weight.of(name, Weight.Role.BIAS, out));
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.dense(this);
    }
  }

  /**
   * An external network in a file, as one layer: the concatenated, pooled values of its outputs.
   * Its weights stay in the file and are never trained.
   *
   * @param file its current path
   * @param format of the file
   * @param sha256 of the file with all its weights, in hexadecimal digits
   * @param adapter how it is called, found by a dry run
   */
  record External(String name, Path file, Format format, String sha256, Adapter adapter)
      implements Layer {
    /** The format of the file, which decides the engine. */
    public enum Format {
      /** Computed by ONNX Runtime. */
      ONNX(".onnx"),
      /** Computed by PyTorch. */
      TORCHSCRIPT(".pt");

      private final String suffix;

      Format(String suffix) {
        this.suffix = suffix;
      }

      /** Returns the suffix of such files, with its dot. */
      public String suffix() {
        return suffix;
      }
    }

    @Override
    public Shape output(Shape... inputs) {
      imageInput(this, inputs);
      return new Shape(adapter.width());
    }

    @Override
    public String type() {
      return "External " + format;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.external(this);
    }
  }

  /** Adds two inputs of the same shape. */
  record Add(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      if (inputs.length != 2 || !inputs[0].equals(inputs[1])) {
        throw new IllegalArgumentException(name + " cannot add " + List.of(inputs));
      }
      return inputs[0];
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.add(this);
    }
  }

  /** Concatenates vectors, in the order of the inputs. */
  record Concatenate(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      long width = 0;
      for (Shape input : inputs) {
        if (input.dimension() != 1) {
          throw new IllegalArgumentException(name + " takes vectors, not " + input);
        }
        width += input.get(0);
      }
      return new Shape(width);
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.concatenate(this);
    }
  }

  /**
   * Power normalization (Perronnin et al. 2010): {@code sign(x) |x|^exponent}, smoothed at 0. The
   * exponent 0.5 is the signed square root.
   *
   * @param exponent in (0, 1]
   */
  record Power(String name, double exponent) implements Layer {
    /** The e in {@code sign(x) ((|x| + e)^p - e^p)}, which keeps the slope finite at 0. */
    public static final double AT_ZERO = 1e-6;

    /** Returns the power of one value. */
    public static float of(float value, double exponent) {
      double size = Math.abs(value) + AT_ZERO;
      double power =
          exponent == 0.5
              ? Math.sqrt(size) - Math.sqrt(AT_ZERO)
              : Math.pow(size, exponent) - Math.pow(AT_ZERO, exponent);
      return (float) (Math.signum(value) * power);
    }

    @Override
    public String type() {
      return "Power " + exponent;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.power(this);
    }
  }

  /**
   * Divides each of several consecutive parts of a vector by its Euclidean norm, so that every
   * stage counts the same in every image.
   *
   * @param widths number of values of each part; their sum is the width of the vector
   */
  record L2Normalize(String name, List<Integer> widths) implements Layer {
    /** Added to the squared norm, so that a part of zeros stays zero. */
    public static final float EPSILON = 1e-12f;

    public L2Normalize {
      widths = List.copyOf(widths);
    }

    @Override
    public String type() {
      return "Normalize L2";
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.l2Normalize(this);
    }
  }

  /**
   * Subtracts the mean of each value and divides by its standard deviation. Both are measured on
   * the training images and never trained.
   *
   * @param width number of values
   */
  record Standardize(String name, int width) implements Layer {
    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.of(name, Weight.Role.MEAN, width), Weight.of(name, Weight.Role.DEVIATION, width));
    }

    /** Returns 0: measured values are no parameters. */
    @Override
    public long parameters() {
      return 0;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.standardize(this);
    }
  }

  /**
   * Divides the logits by a number that was fitted after training (Guo et al. 2017, section 4.2).
   *
   * @param value above 0
   */
  record Temperature(String name, double value) implements Layer {
    public Temperature {
      if (!(value > 0 && Double.isFinite(value))) {
        throw new IllegalArgumentException(name + ": must be above 0, not " + value);
      }
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.temperature(this);
    }
  }

  /** Turns logits into probabilities, which add up to 1. */
  record Softmax(String name) implements Layer {
    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.softmax(this);
    }
  }

  private static Shape singleInput(Layer layer, Shape... inputs) {
    if (inputs.length != 1) {
      throw new IllegalArgumentException(layer.name() + " takes one input, not " + List.of(inputs));
    }
    return inputs[0];
  }

  private static Shape imageInput(Layer layer, Shape... inputs) {
    Shape input = singleInput(layer, inputs);
    if (input.dimension() != 3) {
      throw new IllegalArgumentException(layer.name() + " takes (C, H, W), not " + input);
    }
    return input;
  }

  /** Returns the output shape of layers that follow each other. */
  static Shape outputOf(List<Layer> layers, Shape input) {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.output(shape);
    }
    return shape;
  }
}
