package dev.graft.network;

import dev.graft.picture.Framing;
import java.util.List;
import java.util.Optional;

/**
 * What is done to a picture before a network sees it. It belongs to the weights: the network was
 * trained on pictures prepared in just this way. The geometry is done on 8-bit pixels outside the
 * engine ({@link Framing#planes}); the arithmetic is the network's first layer, so that pixels can
 * be kept as bytes.
 *
 * @param framing which part of the picture is scaled to the input
 * @param order the channels' order that the network expects
 * @param mean subtracted from each channel, in that order and in pixel values 0 to 255
 * @param deviation what each channel is divided by then, likewise
 */
public record Preprocessing(
    Framing framing, ChannelOrder order, List<Float> mean, List<Float> deviation) {
  /** The channels' order in the network's input. */
  public enum ChannelOrder {
    RGB,
    BGR
  }

  /** Keras's {@code vgg16.preprocess_input}: the Caffe weights' BGR and ImageNet means. */
  public static final Preprocessing CAFFE =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.BGR,
          List.of(103.939f, 116.779f, 123.68f),
          List.of(1f, 1f, 1f));

  /** torchvision's ImageNet mean and deviation, which are given for pixels from 0 to 1. */
  public static final Preprocessing TORCHVISION =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.RGB,
          List.of(0.485f * 255, 0.456f * 255, 0.406f * 255),
          List.of(0.229f * 255, 0.224f * 255, 0.225f * 255));

  /** EfficientNet-Lite's {@code (x - 127) / 128}, from TensorFlow's own preprocessing. */
  public static final Preprocessing LITE =
      new Preprocessing(
          Framing.WHOLE, ChannelOrder.RGB, List.of(127f, 127f, 127f), List.of(128f, 128f, 128f));

  /** Keras's {@code xception.preprocess_input}: from -1 to 1. */
  public static final Preprocessing MINUS_ONE_TO_ONE =
      new Preprocessing(
          Framing.WHOLE,
          ChannelOrder.RGB,
          List.of(127.5f, 127.5f, 127.5f),
          List.of(127.5f, 127.5f, 127.5f));

  /** RGB from 0 to 1, as the notebook feeds its pictures. */
  public static final Preprocessing ZERO_ONE =
      new Preprocessing(
          Framing.WHOLE, ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(255f, 255f, 255f));

  public Preprocessing {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != 3 || deviation.size() != 3) {
      throw new IllegalArgumentException(
          "a mean and a deviation for each of 3 channels, not " + mean + " and " + deviation);
    }
    if (deviation.stream().anyMatch(d -> !(d > 0))) {
      throw new IllegalArgumentException("a deviation is above 0, not " + deviation);
    }
  }

  public Preprocessing with(Framing other) {
    return new Preprocessing(other, order, mean, deviation);
  }

  /** With other arithmetic; an empty list is left as it was. */
  public Preprocessing with(
      Optional<ChannelOrder> otherOrder, List<Float> otherMean, List<Float> otherDeviation) {
    return new Preprocessing(
        framing,
        otherOrder.orElse(order),
        otherMean.isEmpty() ? mean : otherMean,
        otherDeviation.isEmpty() ? deviation : otherDeviation);
  }

  /** The arithmetic, as a network's first layer. */
  Layer normalization() {
    return new Layer.Normalize("normalization", order, mean, deviation);
  }
}
