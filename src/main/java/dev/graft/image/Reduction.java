package dev.graft.image;

import java.util.Arrays;

/**
 * Reduces an image by a whole factor and turns it upright, row by row. Each pixel of the result is
 * the mean of a box of {@code factor} x {@code factor} pixels. At the right and bottom of the
 * upright image, boxes may be smaller. The result equals that of Pillow's {@code Image.reduce}.
 */
final class Reduction {
  /** Pillow's fixed point for a mean. */
  private static final long ONE = 1 << 24;

  /** The box size, in pixels, from which the fixed point is inexact. */
  private static final int EXACT_FROM = 1 << 14;

  private Reduction() {}

  /**
   * @param samples {@code (height, width, channels)}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Reduced(int width, int height, int channels, byte[] samples) {}

  /**
   * Returns the largest factor that leaves the shorter side at least this long; 0 for full size.
   */
  static int factor(int width, int height, int minSide) {
    return minSide < 1 ? 1 : Math.max(1, Math.min(width, height) / minSide);
  }

  static Reduced of(PixelRows rows, int factor, int orientation) {
    int across = (rows.width + factor - 1) / factor;
    int down = (rows.height + factor - 1) / factor;
    boolean transposed = Orientation.isTransposed(orientation);
    int width = transposed ? down : across;
    int height = transposed ? across : down;
    byte[] asItIs = rows.whole();
    if (factor == 1 && orientation == Orientation.UPRIGHT && asItIs != null) {
      return new Reduced(width, height, rows.channels, asItIs);
    }

    int channels = rows.channels;
    byte[] result = new byte[channels * width * height];
    // Steps in the result to the next pixel of a stored row, and to the next stored row.
    int stepAcross = channels * (transposed ? width : 1);
    int stepDown = channels * (transposed ? 1 : width);
    int start = 0;
    if (Orientation.mirrorsRows(orientation)) {
      start += (across - 1) * stepAcross;
      stepAcross = -stepAcross;
    }
    if (Orientation.mirrorsColumns(orientation)) {
      start += (down - 1) * stepDown;
      stepDown = -stepDown;
    }

    int[] columns = ends(rows.width, factor, stepAcross < 0);
    int[] lines = ends(rows.height, factor, stepDown < 0);
    byte[] row = new byte[channels * rows.width];
    long[] sums = new long[channels * across];
    int y = 0;
    for (int box = 0; box < down; box++) {
      int to = start + box * stepDown;
      int first = y;
      if (factor == 1) {
        rows.read(y++, row);
        scatter(row, channels, result, to, stepAcross);
        continue;
      }
      Arrays.fill(sums, 0);
      while (y < lines[box]) {
        rows.read(y++, row);
        Boxes.add(row, 0, channels, columns, sums);
      }
      means(sums, channels, columns, y - first, result, to, stepAcross);
    }
    return new Reduced(width, height, channels, result);
  }

  /** Returns the ends of the boxes; a smaller box comes first if its side will be mirrored. */
  private static int[] ends(int length, int factor, boolean mirrored) {
    int[] ends = new int[(length + factor - 1) / factor];
    for (int i = 0; i < ends.length; i++) {
      ends[i] =
          mirrored ? length - (ends.length - 1 - i) * factor : Math.min(length, (i + 1) * factor);
    }
    return ends;
  }

  private static void scatter(byte[] row, int channels, byte[] result, int start, int step) {
    if (step == channels) {
      System.arraycopy(row, 0, result, start, row.length);
      return;
    }
    for (int from = 0, to = start; from < row.length; from += channels, to += step) {
      for (int c = 0; c < channels; c++) {
        result[to + c] = row[from + c];
      }
    }
  }

  private static void means(
      long[] sums, int channels, int[] ends, int lines, byte[] result, int start, int step) {
    for (int box = 0, to = start; box < ends.length; box++, to += step) {
      int size = lines * (ends[box] - (box == 0 ? 0 : ends[box - 1]));
      for (int c = 0; c < channels; c++) {
        long sum = sums[channels * box + c] + size / 2;
        result[to + c] = (byte) (size < EXACT_FROM ? (sum * (ONE / size)) >> 24 : sum / size);
      }
    }
  }
}
