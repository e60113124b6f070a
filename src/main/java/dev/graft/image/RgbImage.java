package dev.graft.image;

import java.awt.image.BufferedImage;
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

  /** Returns the image reduced, as by {@link #scaled}, so that no side is longer than this. */
  public RgbImage within(int maxSide) {
    double scale = Math.min(1, (double) maxSide / Math.max(width, height));
    return scaled(
        Math.max(1, (int) Math.round(scale * width)),
        Math.max(1, (int) Math.round(scale * height)));
  }

  /** Returns a rectangle of this image, which must lie inside of it. */
  public RgbImage cropped(int left, int top, int columns, int rows) {
    byte[] pixels = new byte[3 * columns * rows];
    for (int y = 0; y < rows; y++) {
      System.arraycopy(rgb, 3 * ((top + y) * width + left), pixels, 3 * y * columns, 3 * columns);
    }
    return new RgbImage(columns, rows, pixels);
  }

  /** Returns a copy for {@code java.awt} and {@code javax.imageio}. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int red = rgb[3 * i] & 0xff;
      int green = rgb[3 * i + 1] & 0xff;
      int blue = rgb[3 * i + 2] & 0xff;
      image.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
    }
    return image;
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
