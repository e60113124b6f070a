package dev.graft.picture;

import java.util.Arrays;

/**
 * A picture in memory.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb sRGB values 0..255 as unsigned bytes, {@code (height, width, 3)}, red first; not
 *     copied, so neither side may change it afterwards
 */
@SuppressWarnings(
    "ArrayRecordComponent") // a copy of every picture would cost; equals is by content
public record Picture(int width, int height, byte[] rgb) {
  public Picture {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          ("a picture of " + width + "x" + height + " pixels has " + 3L * width * height)
              + (" bytes, was given " + rgb.length));
    }
  }

  /**
   * Sums over a grid of equal boxes that cover the picture; a pixel that edges cut counts in each
   * box by its area. All is in whole numbers, and so the same on every machine.
   *
   * @return {@code (rows, columns, 3)}, each over an area of {@code width * height}, where a pixel
   *     has {@code columns * rows}
   */
  public long[] sums(int columns, int rows) {
    return Boxes.sums(this, columns, rows);
  }

  /**
   * The means over a grid of equal boxes, rounded, as a picture: a smaller one has lost nothing but
   * detail, and one that is larger by a whole factor shows each pixel as a square.
   */
  public Picture scaled(int columns, int rows) {
    long[] sums = sums(columns, rows);
    long area = (long) width * height;
    byte[] means = new byte[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = (byte) ((sums[i] + area / 2) / area);
    }
    return new Picture(columns, rows, means);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Picture that
        && width == that.width
        && height == that.height
        && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "Picture[" + width + "x" + height + "]";
  }
}
