package dev.graft.image;

import java.util.Arrays;

/**
 * An image in memory.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb sRGB values 0..255 as unsigned bytes, {@code (height, width, 3)}, red first; not
 *     copied, so neither side may change it afterwards
 */
@SuppressWarnings("ArrayRecordComponent") // copies would be slow; equals compares the content
public record RgbImage(int width, int height, byte[] rgb) {
  public RgbImage {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          ("an image of " + width + "x" + height + " pixels has " + 3L * width * height)
              + (" bytes, was given " + rgb.length));
    }
  }

  /**
   * Sums the pixels of each box in a grid of equal boxes. A pixel that edges cut counts in each box
   * by its area. The arithmetic is in integers, and so the same on every machine.
   *
   * @return {@code (rows, columns, 3)}, each over an area of {@code width * height}, where a pixel
   *     has {@code columns * rows}
   */
  public long[] sums(int columns, int rows) {
    return Boxes.sums(this, columns, rows);
  }

  /**
   * Returns an image of another size, of which each pixel is the rounded mean of a box. If it is
   * larger by a whole factor, each pixel becomes a square.
   */
  public RgbImage scaled(int columns, int rows) {
    long[] sums = sums(columns, rows);
    long area = (long) width * height;
    byte[] means = new byte[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = (byte) ((sums[i] + area / 2) / area);
    }
    return new RgbImage(columns, rows, means);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RgbImage that
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
    return "RgbImage[" + width + "x" + height + "]";
  }
}
