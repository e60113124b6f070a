package dev.graft.network;

import dev.graft.image.Framing;
import java.util.List;
import java.util.Optional;

/**
 * The conversion of an image to a network's input. It belongs to the weights, because the network
 * was trained on images that were converted in this way. Resizing happens on 8-bit pixels outside
 * the engine ({@link Framing#planes}); the arithmetic is the network's first layer, so that pixels
 * can be stored as bytes.
 *
 * @param framing the part of the image that is resized to the input
 * @param order of the channels
 * @param mean subtracted from each channel, in that order, in pixel values from 0 to 255
 * @param deviation divides each channel after that, in the same order and unit; above 0
 */
public record Preprocessing(
    Framing framing, ChannelOrder order, List<Float> mean, List<Float> deviation) {
  /** The order of the channels in a network's input. */
  public enum ChannelOrder {
    /** Red, green, blue. */
    RGB,
    /** Blue, green, red, as in Caffe. */
    BGR
  }

  /** Keras's {@code vgg16.preprocess_input}: BGR less ImageNet's channel means, as in Caffe. */
  public static final Preprocessing CAFFE =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.BGR,
          List.of(103.939f, 116.779f, 123.68f),
          List.of(1f, 1f, 1f));

  /** torchvision's ImageNet mean and deviation, scaled from pixels in [0, 1] to [0, 255]. */
  public static final Preprocessing TORCHVISION =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.RGB,
          List.of(0.485f * 255, 0.456f * 255, 0.406f * 255),
          List.of(0.229f * 255, 0.224f * 255, 0.225f * 255));

  /** EfficientNet-Lite's {@code (x - 127) / 128}, as in TensorFlow's {@code tpu} repository. */
  public static final Preprocessing LITE =
      new Preprocessing(
          Framing.WHOLE, ChannelOrder.RGB, List.of(127f, 127f, 127f), List.of(128f, 128f, 128f));

  /** Keras's {@code xception.preprocess_input}: RGB in [-1, 1]. */
  public static final Preprocessing MINUS_ONE_TO_ONE =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.RGB,
          List.of(127.5f, 127.5f, 127.5f),
          List.of(127.5f, 127.5f, 127.5f));

  /** RGB in [0, 1], as in the notebook. */
  public static final Preprocessing ZERO_ONE =
      new Preprocessing(
          Framing.WHOLE, ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(255f, 255f, 255f));

  public Preprocessing {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != 3 || deviation.size() != 3) {
      throw new IllegalArgumentException(
          "mean and deviation must have 3 values each, not " + mean + " and " + deviation);
    }
    if (!mean.stream().allMatch(Float::isFinite)) {
      throw new IllegalArgumentException("mean must be three numbers, not " + mean);
    }
    if (deviation.stream().anyMatch(d -> !(d > 0 && Float.isFinite(d)))) {
      throw new IllegalArgumentException("deviation must be above 0, not " + deviation);
    }
  }

  /**
   * Returns whether means and deviations are for pixels from 0 to 1, as on model cards. Applied to
   * pixels from 0 to 255, they would give inputs of up to 1100.
   *
   * @param mean may be empty, if only a deviation is known
   * @param deviation may be empty
   */
  public static boolean isForUnitPixels(List<Float> mean, List<Float> deviation) {
    boolean small = deviation.stream().allMatch(each -> each < 1);
    boolean fraction = mean.stream().anyMatch(each -> each > 0 && each < 1);
    return Math.max(mean.size(), deviation.size()) > 0
        && mean.stream().allMatch(each -> Math.abs(each) <= 1)
        && deviation.stream().allMatch(each -> each <= 1)
        && (fraction || (small && !deviation.isEmpty()));
  }

  /** Returns whether the pixels stay unchanged, apart from the framing. */
  public boolean leavesPixels() {
    return mean.stream().allMatch(each -> each == 0)
        && deviation.stream().allMatch(each -> each == 1);
  }

  /** Returns the color that becomes 0: R, G, B, rounded to whole numbers from 0 to 255. */
  public List<Integer> meanColor() {
    List<Integer> color =
        mean.stream().map(each -> Math.max(0, Math.min(255, Math.round(each)))).toList();
    return order == ChannelOrder.RGB ? color : List.of(color.get(2), color.get(1), color.get(0));
  }

  /** Returns this preprocessing with another framing. */
  public Preprocessing with(Framing other) {
    return new Preprocessing(other, order, mean, deviation);
  }

  /**
   * Returns this preprocessing with other arithmetic; an empty argument leaves the current value.
   */
  public Preprocessing with(
      Optional<ChannelOrder> otherOrder, List<Float> otherMean, List<Float> otherDeviation) {
    return new Preprocessing(
        framing,
        otherOrder.orElse(order),
        otherMean.isEmpty() ? mean : otherMean,
        otherDeviation.isEmpty() ? deviation : otherDeviation);
  }

  /** Returns the arithmetic as a network's first layer. */
  Layer normalization() {
    return new Layer.Normalize("normalization", order, mean, deviation);
  }
}
