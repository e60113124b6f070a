package dev.graft.image;

/**
 * The part of an image that becomes the network's square input, by Pillow's bicubic resampling. A
 * part that is not square is distorted.
 */
public enum Framing {
  /** The whole image, for images that are cropped already. */
  WHOLE {
    @Override
    Box of(int width, int height) {
      return new Box(0, 0, width, height);
    }
  },
  /**
   * The centered square of 224/256 of the shorter side, for photographs: TensorFlow's crop for
   * evaluation at 224. An odd pixel is left over at the left and top.
   */
  CENTRE {
    @Override
    Box of(int width, int height) {
      int side = Math.max(1, Math.min(width, height) * 224 / 256);
      return new Box((width - side + 1) / 2, (height - side + 1) / 2, side, side);
    }
  };

  /** Returns the part of an image of this size, in pixels. */
  abstract Box of(int width, int height);

  /**
   * Returns a network's input, before normalization.
   *
   * @param side of the input, in pixels
   * @return {@code (3, side, side)}, R, G, B, one byte each
   */
  public byte[] planes(RgbImage image, int side) {
    Box box = of(image.width(), image.height());
    byte[] square = Bicubic.resize(image, box, side, side).rgb();
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
   * Returns the shorter side, in pixels, down to which an image may be reduced before framing. From
   * twice the input's side on, the result is practically that of resampling the full image
   * (Pillow's {@code reducing_gap} of 2).
   *
   * @param side of the input, in pixels
   */
  public static int minSide(int side) {
    return 2 * side;
  }
}
