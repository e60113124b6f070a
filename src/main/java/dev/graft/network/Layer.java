package dev.graft.network;

import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import java.nio.file.Path;
import java.util.List;

/**
 * One layer of a network, as a value. The shapes between layers, the names and shapes of weights
 * and the summary's rows follow from it here, and every {@link Rendering} elsewhere.
 *
 * <p>Shapes are without the batch: {@code (channels, height, width)}, or {@code (values)} after a
 * {@link GlobalAveragePool}, {@link Flatten} or {@link Dense}.
 */
public sealed interface Layer {
  String name();

  /**
   * The output's shape; the input's own where a kind of layer doesn't say otherwise.
   *
   * @param inputs one shape, but for {@link Add} and {@link Concatenate}
   * @throws IllegalArgumentException for inputs that the layer can't take
   */
  default Shape output(Shape... inputs) {
    return only(this, inputs);
  }

  /** Calls the method for this kind of layer. */
  <T> T accept(Rendering<T> rendering);

  /** What the layer wants from a weight file, in Keras's order: kernel, then bias. */
  default List<Weight> weights() {
    return List.of();
  }

  /** What the summary calls this kind of layer. */
  default String type() {
    return getClass().getSimpleName();
  }

  /** Number of weights, as Keras counts them. */
  default long parameters() {
    return weights().stream().mapToLong(Weight::size).sum();
  }

  /** How a layer that moves a window over its input treats the border, as in Keras. */
  enum Padding {
    /** No padding: the window stays inside the picture. */
    VALID,
    /**
     * Output size is input size / stride, rounded up; what lies outside is shared out over both
     * sides, the odd pixel at the bottom and right (TensorFlow's convention, which differs from a
     * symmetric padding where the stride is 2).
     */
    SAME;

    /** Pixels outside, before the first and after the last one of an axis of the given length. */
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
   * Orders the channels of pixels and scales them.
   *
   * @param mean subtracted from each channel, in that order and in pixel values 0 to 255
   * @param deviation what each channel is divided by then, likewise
   */
  record Normalize(
      String name, Preprocessing.ChannelOrder order, List<Float> mean, List<Float> deviation)
      implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return picture(this, inputs);
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.normalize(this);
    }
  }

  /** Square convolution; {@code groups == in} makes it depthwise. */
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

    /** One with a bias. */
    public Conv2d(
        String name, int in, int out, int kernel, int stride, Padding padding, int groups) {
      this(name, in, out, kernel, stride, padding, groups, true);
    }

    /** A dense 3x3 convolution of stride 1. */
    static Conv2d of3x3(String name, int in, int out, Padding padding) {
      return new Conv2d(name, in, out, 3, 1, padding, 1);
    }

    @Override
    public Shape output(Shape... inputs) {
      Shape input = picture(this, inputs);
      if (input.get(0) != in) {
        throw new IllegalArgumentException(name + " wants " + in + " channels, not " + input);
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
   * Batch normalisation of each channel.
   *
   * @param epsilon added to the variance
   */
  record BatchNorm(String name, int channels, double epsilon) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      Shape input = picture(this, inputs);
      if (input.get(0) != channels) {
        throw new IllegalArgumentException(name + " wants " + channels + " channels, not " + input);
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

  /** Maximum over squares of {@code size} pixels, {@code stride} apart; a remainder is dropped. */
  record MaxPool(String name, int size, int stride, Padding padding) implements Layer {
    /** Squares side by side. */
    public MaxPool(String name, int size) {
      this(name, size, size, Padding.VALID);
    }

    @Override
    public Shape output(Shape... inputs) {
      Shape input = picture(this, inputs);
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

  /** {@code (C, H, W)} to the average of each channel, {@code (C)}. */
  record GlobalAveragePool(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return new Shape(picture(this, inputs).get(0));
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.globalAveragePool(this);
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
    public <T> T accept(Rendering<T> rendering) {
      return rendering.dropout(this);
    }
  }

  /** {@code (C, H, W)} to {@code (C * H * W)}, channels slowest. */
  record Flatten(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      return new Shape(only(this, inputs).size());
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.flatten(this);
    }
  }

  /** Fully connected layer with a bias. */
  record Dense(String name, int in, int out) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      Shape input = only(this, inputs);
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

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.dense(this);
    }
  }

  /**
   * A network of somebody else's in a file, as one layer: its outputs' averages over pixels, side
   * by side. What is in it is never trained, and no weight of Graft's.
   *
   * @param file where it is now
   * @param sha256 of the file, in hexadecimal digits
   * @param outputs the shape of each of its outputs, {@code (C, H, W)} or {@code (values)}, as a
   *     dry run has shown
   */
  record Foreign(String name, Path file, Format format, String sha256, List<List<Long>> outputs)
      implements Layer {
    /** How the file is written, and so what computes it. */
    public enum Format {
      ONNX(".onnx"),
      TORCHSCRIPT(".pt");

      private final String suffix;

      Format(String suffix) {
        this.suffix = suffix;
      }

      /** What the names of such files end in. */
      public String suffix() {
        return suffix;
      }
    }

    public Foreign {
      outputs = outputs.stream().map(List::copyOf).toList();
      if (outputs.isEmpty()
          || outputs.stream().anyMatch(shape -> shape.size() != 1 && shape.size() != 3)
          || outputs.stream().flatMap(List::stream).anyMatch(length -> length < 1)) {
        throw new GraftException(
            "its outputs must be (N, C) or (N, C, H, W), but are, without N, " + outputs + ".");
      }
    }

    @Override
    public Shape output(Shape... inputs) {
      picture(this, inputs);
      return new Shape(outputs.stream().mapToLong(shape -> shape.get(0)).sum());
    }

    @Override
    public String type() {
      return "Foreign " + format;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.foreign(this);
    }
  }

  /** The sum of inputs of one shape. */
  record Add(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      if (inputs.length != 2 || !inputs[0].equals(inputs[1])) {
        throw new IllegalArgumentException(name + " can't add " + List.of(inputs));
      }
      return inputs[0];
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.add(this);
    }
  }

  /** Values side by side, in the inputs' order. */
  record Concatenate(String name) implements Layer {
    @Override
    public Shape output(Shape... inputs) {
      long width = 0;
      for (Shape input : inputs) {
        if (input.dimension() != 1) {
          throw new IllegalArgumentException(name + " wants values, not " + input);
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
   * {@code sign(x) |x|^exponent}, smooth at 0: power normalisation (Perronnin et al. 2010), of
   * which 0.5 is the signed square root.
   */
  record Power(String name, double exponent) implements Layer {
    /** Keeps the slope of a square root finite at 0: {@code sign(x) ((|x| + e)^p - e^p)}. */
    public static final double AT_ZERO = 1e-6;

    @Override
    public String type() {
      return "Power " + exponent;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.power(this);
    }
  }

  /** Each value less its mean, divided by its deviation; both are measured, and never trained. */
  record Standardize(String name, int width) implements Layer {
    @Override
    public List<Weight> weights() {
      return List.of(
          Weight.of(name, Weight.Role.MEAN, width), Weight.of(name, Weight.Role.DEVIATION, width));
    }

    /** None: what is measured is not counted among what was learnt. */
    @Override
    public long parameters() {
      return 0;
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.standardize(this);
    }
  }

  /** Logits over a number, which was fitted when all weights were (Guo et al. 2017). */
  record Temperature(String name, double value) implements Layer {
    public Temperature {
      if (!(value > 0 && Double.isFinite(value))) {
        throw new IllegalArgumentException("a temperature is above 0, not " + value);
      }
    }

    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.temperature(this);
    }
  }

  /** Logits to probabilities, which add up to 1. */
  record Softmax(String name) implements Layer {
    @Override
    public <T> T accept(Rendering<T> rendering) {
      return rendering.softmax(this);
    }
  }

  private static Shape only(Layer layer, Shape... inputs) {
    if (inputs.length != 1) {
      throw new IllegalArgumentException(layer.name() + " wants one input, not " + List.of(inputs));
    }
    return inputs[0];
  }

  private static Shape picture(Layer layer, Shape... inputs) {
    Shape input = only(layer, inputs);
    if (input.dimension() != 3) {
      throw new IllegalArgumentException(layer.name() + " wants channels of pixels, not " + input);
    }
    return input;
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
