package dev.graft.image;

import java.util.Arrays;

/** Integer sums over adjacent boxes that cover an image. */
final class Boxes {
  private Boxes() {}

  /**
   * Adds a row of pixels to boxes of whole pixels.
   *
   * @param samples with a row {@code (width, channels)} from {@code start} on
   * @param ends the first pixel to the right of each box
   * @param sums {@code (boxes, channels)}
   */
  static void add(byte[] samples, int start, int channels, int[] ends, long[] sums) {
    if (channels == 3) {
      addRgb(samples, start, ends, sums);
      return;
    }
    for (int box = 0, from = start; box < ends.length; box++) {
      while (from < start + channels * ends[box]) {
        for (int c = 0; c < channels; c++) {
          sums[channels * box + c] += samples[from++] & 0xff;
        }
      }
    }
  }

  /** The same for three channels, with sums in registers: most images, and most of the time. */
  private static void addRgb(byte[] samples, int start, int[] ends, long[] sums) {
    for (int box = 0, from = start; box < ends.length; box++) {
      long red = 0;
      long green = 0;
      long blue = 0;
      for (int end = start + 3 * ends[box]; from < end; from += 3) {
        red += samples[from] & 0xff;
        green += samples[from + 1] & 0xff;
        blue += samples[from + 2] & 0xff;
      }
      sums[3 * box] += red;
      sums[3 * box + 1] += green;
      sums[3 * box + 2] += blue;
    }
  }

  /** See {@link RgbImage#sums}. */
  static long[] sums(RgbImage image, int columns, int rows) {
    int width = image.width();
    int height = image.height();
    byte[] rgb = image.rgb();
    // A box is `width` shares wide and `height` high, a pixel `columns` wide and `rows` high.
    int[] cut = new int[columns]; // the pixel that a box's right edge cuts or precedes
    int[] left = new int[columns]; // the shares of that pixel to the left of the edge
    for (int column = 0; column < columns; column++) {
      long edge = (column + 1L) * width;
      cut[column] = (int) (edge / columns);
      left[column] = (int) (edge % columns);
    }
    long[] inRow = new long[3 * columns];
    long[] sums = new long[Math.multiplyExact(inRow.length, rows)];
    for (int y = 0; y < height; y++) {
      int start = 3 * width * y;
      Arrays.fill(inRow, 0);
      add(rgb, start, 3, cut, inRow);
      for (int c = 0; c < 3; c++) {
        long before = 0; // the share that the box to the left has in the pixel that their edge cuts
        for (int column = 0, i = c; column < columns; column++, i += 3) {
          int shares = left[column];
          long cutOff = shares == 0 ? 0 : shares * (rgb[start + 3 * cut[column] + c] & 0xffL);
          inRow[i] = columns * inRow[i] + cutOff - before;
          before = cutOff;
        }
      }
      long top = (long) y * rows;
      long bottom = top + rows;
      for (int row = (int) (top / height); (long) row * height < bottom; row++) {
        long share = Math.min(bottom, (row + 1L) * height) - Math.max(top, (long) row * height);
        for (int i = 0; i < inRow.length; i++) {
          sums[row * inRow.length + i] += share * inRow[i];
        }
      }
    }
    return sums;
  }
}
