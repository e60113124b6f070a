package dev.graft.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.picture.Resampling;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What is done to a picture before a network sees it. It belongs to the weights: the network was
 * trained on pictures prepared in just this way. The geometry is done on 8-bit pixels outside the
 * engine ({@link #pixels}); the arithmetic is the first thing that the network does ({@link
 * #normalize}), so that pixels can be kept as bytes.
 *
 * @param framing which part of the picture is scaled to the input
 * @param order the channels' order that the network expects
 * @param mean subtracted from each channel, in that order and in pixel values 0 to 255
 * @param deviation what each channel is divided by then, likewise
 */
public record Preprocessing(
    Framing framing, ChannelOrder order, List<Float> mean, List<Float> deviation) {
  /** Which part of a picture the network sees. */
  public enum Framing {
    /** All of it, scaled to a square whatever its shape: for pictures that are cropped already. */
    WHOLE,
    /** The centred square of 224/256 of the shorter side: for photographs. */
    CENTRE
  }

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

  /** RGB from 0 to 1, as the notebook feeds its pictures. */
  public static final Preprocessing ZERO_ONE =
      new Preprocessing(
          Framing.WHOLE, ChannelOrder.RGB, List.of(0f, 0f, 0f), List.of(255f, 255f, 255f));

  /** TensorFlow's crop for evaluation at 224: 32 pixels less than the 256 of the shorter side. */
  private static final double CENTRE_SHARE = 224.0 / 256;

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

  /**
   * How far a picture may be reduced before it is prepared: its shorter side, in pixels. At twice
   * the input's side and above what is left of the reduction can't be told from resampling the
   * whole picture (Pillow's {@code reducing_gap} of 2).
   *
   * @param side the network's input, in pixels a side
   */
  public static int least(int side) {
    return 2 * side;
  }

  /**
   * A picture as the bytes that {@link #normalize} takes.
   *
   * @param rgb the picture's pixels, row by row, three bytes (R, G, B) each
   * @param width in pixels
   * @param height in pixels
   * @param side the network's input, in pixels a side
   * @return {@code (3, side, side)}, R, G, B, a byte each
   */
  public byte[] pixels(byte[] rgb, int width, int height, int side) {
    Resampling.Box box =
        switch (framing) {
          case WHOLE -> Resampling.Box.whole(width, height);
          case CENTRE -> Resampling.Box.centredSquare(width, height, CENTRE_SHARE);
        };
    byte[] square = Resampling.BICUBIC.resize(rgb, width, height, box, side, side);
    byte[] planes = new byte[square.length];
    int plane = side * side;
    for (int i = 0, at = 0; i < plane; i++) {
      planes[i] = square[at++];
      planes[plane + i] = square[at++];
      planes[2 * plane + i] = square[at++];
    }
    return planes;
  }

  /**
   * A picture that the engine holds as what {@link #normalize} takes.
   *
   * @param picture {@code (height, width, 3)}, R, G, B from 0 to 255, any type
   * @param side the network's input, in pixels a side
   * @return {@code (3, side, side)}, float32
   */
  public NDArray pixels(NDArray picture, int side) {
    int height = Math.toIntExact(picture.getShape().get(0));
    int width = Math.toIntExact(picture.getShape().get(1));
    byte[] rgb = picture.toType(DataType.UINT8, false).toByteArray();
    return picture
        .getManager()
        .create(
            ByteBuffer.wrap(pixels(rgb, width, height, side)),
            new Shape(3, side, side),
            DataType.UINT8)
        .toType(DataType.FLOAT32, false);
  }

  /**
   * Orders and scales the channels.
   *
   * @param pixels {@code (N, 3, H, W)}, R, G, B from 0 to 255, float32
   * @return the network's input, of the same shape
   */
  NDArray normalize(NDArray pixels) {
    Shape perChannel = new Shape(1, 3, 1, 1);
    NDArray centre = pixels.getManager().create(floats(mean), perChannel);
    NDArray spread = pixels.getManager().create(floats(deviation), perChannel);
    NDArray ordered =
        switch (order) {
          case RGB -> pixels;
          case BGR ->
              NDArrays.concat(
                  new NDList(pixels.get(":, 2:3"), pixels.get(":, 1:2"), pixels.get(":, 0:1")), 1);
        };
    return ordered.sub(centre).div(spread);
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }
}
