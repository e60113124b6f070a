package dev.graft.picture;

/**
 * Which part of a picture a network sees, and how it becomes the network's square: by Pillow's
 * bicubic resampling, whatever the picture's shape.
 */
public enum Framing {
  /** All of it: for pictures that are cropped already. */
  WHOLE {
    @Override
    Box of(int width, int height) {
      return new Box(0, 0, width, height);
    }
  },
  /**
   * The centred square of 224/256 of the shorter side, an odd pixel left over to the left and
   * above: for photographs. TensorFlow's crop for evaluation at 224.
   */
  CENTRE {
    @Override
    Box of(int width, int height) {
      int side = Math.max(1, Math.min(width, height) * 224 / 256);
      return new Box((width - side + 1) / 2, (height - side + 1) / 2, side, side);
    }
  };

  /** The part of a picture of this size, in pixels. */
  abstract Box of(int width, int height);

  /**
   * A picture as a network's input, before its arithmetic.
   *
   * @param side of the input, in pixels
   * @return {@code (3, side, side)}, R, G, B, a byte each
   */
  public byte[] planes(Picture picture, int side) {
    Box box = of(picture.width(), picture.height());
    byte[] square = Bicubic.resize(picture, box, side, side).rgb();
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
   * How far a picture may be reduced before it is framed: its shorter side, in pixels. At twice the
   * input's side and above what is left of the reduction can't be told from resampling the whole
   * picture (Pillow's {@code reducing_gap} of 2).
   *
   * @param side of the input, in pixels
   */
  public static int least(int side) {
    return 2 * side;
  }
}
