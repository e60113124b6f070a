package dev.graft.picture;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Antialiased resizing, bit for bit as Pillow's {@code Image.resize} by {@code BICUBIC}, since that
 * is what the weights' published preprocessing was made and measured with: a filter whose support
 * grows with the reduction, weights rounded to 22 bits of fraction, rows first, then columns, each
 * pass rounded and clipped to 0..255.
 *
 * <p>The weights of a geometry are computed once and kept for the next picture of the same size.
 * Safe for use by several threads.
 */
final class Bicubic {
  private static final int CHANNELS = 3;

  /** Bits of fraction of a weight: 8 of 32 are the pixel's, and two guard against overshoot. */
  private static final int FRACTION = 32 - 8 - 2;

  private static final int HALF = 1 << (FRACTION - 1);

  /** Some geometries; a folder of pictures of all sizes must not fill the memory with theirs. */
  private static final int KEPT_AXES = 64;

  private static final Map<Axis, Taps> KEPT =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Axis, Taps> eldest) {
          return size() > KEPT_AXES;
        }
      };

  /** Source pixels to each side that have weight when nothing is reduced. */
  private static final int SUPPORT = 2;

  private Bicubic() {}

  /**
   * Crops and resizes. Only pixels inside the box count, as with Pillow's {@code
   * crop(box).resize(size)}; its {@code resize(size, box=box)} would read beyond the edge.
   */
  static Picture resize(Picture picture, Box box, int width, int height) {
    if (box.left() + box.width() > picture.width() || box.top() + box.height() > picture.height()) {
      throw new IllegalArgumentException(box + " is not inside " + picture);
    }
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("new size must be >= 1x1, was " + width + "x" + height);
    }
    if (box.equals(new Box(0, 0, width, height))
        && picture.width() == width
        && picture.height() == height) {
      return picture; // as the weights of both passes, 1 and 0, would have it
    }
    int[] rows = resizeRows(picture.rgb(), picture.width(), box, width);
    return new Picture(width, height, resizeColumns(rows, width * CHANNELS, box.height(), height));
  }

  /** The box with its rows resized, {@code (box.height, outWidth, 3)}, values 0..255. */
  private static int[] resizeRows(byte[] rgb, int width, Box box, int outWidth) {
    int[] out = new int[Math.multiplyExact(box.height(), outWidth * CHANNELS)];
    Taps taps = taps(box.width(), outWidth);
    int written = 0;
    for (int y = 0; y < box.height(); y++) {
      int rowStart = ((box.top() + y) * width + box.left()) * CHANNELS;
      for (int x = 0; x < outWidth; x++) {
        int read = rowStart + taps.first[x] * CHANNELS;
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        for (int weight : taps.weights[x]) {
          red += weight * (rgb[read] & 0xff);
          green += weight * (rgb[read + 1] & 0xff);
          blue += weight * (rgb[read + 2] & 0xff);
          read += CHANNELS;
        }
        out[written] = clip(red);
        out[written + 1] = clip(green);
        out[written + 2] = clip(blue);
        written += CHANNELS;
      }
    }
    return out;
  }

  /** Sums whole rows at a time, which the compiler turns into vector instructions. */
  private static byte[] resizeColumns(int[] rows, int rowLength, int height, int outHeight) {
    byte[] out = new byte[Math.multiplyExact(outHeight, rowLength)];
    Taps taps = taps(height, outHeight);
    int[] sum = new int[rowLength];
    for (int y = 0; y < outHeight; y++) {
      Arrays.fill(sum, HALF);
      int read = taps.first[y] * rowLength;
      for (int weight : taps.weights[y]) {
        for (int i = 0; i < rowLength; i++) {
          sum[i] += weight * rows[read + i];
        }
        read += rowLength;
      }
      int written = y * rowLength;
      for (int i = 0; i < rowLength; i++) {
        out[written + i] = (byte) clip(sum[i]);
      }
    }
    return out;
  }

  private static int clip(int sum) {
    return Math.min(255, Math.max(0, sum >> FRACTION));
  }

  private static Taps taps(int from, int to) {
    Axis axis = new Axis(from, to);
    synchronized (KEPT) {
      return KEPT.computeIfAbsent(axis, key -> compute(from, to));
    }
  }

  /** Pillow's {@code precompute_coeffs} and {@code normalize_coeffs_8bpc}, step for step. */
  private static Taps compute(int from, int to) {
    double scale = (double) from / to;
    double stretch = Math.max(1, scale);
    double reach = SUPPORT * stretch;
    int[] first = new int[to];
    int[][] weights = new int[to][];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int begin = Math.max(0, (int) (centre - reach + 0.5));
      int end = Math.min(from, (int) (centre + reach + 0.5));
      double[] exact = new double[end - begin];
      double total = 0;
      for (int j = 0; j < exact.length; j++) {
        // Pillow multiplies by the reciprocal; dividing would round differently.
        exact[j] = weight((j + begin - centre + 0.5) * (1 / stretch));
        total += exact[j];
      }
      first[i] = begin;
      weights[i] = new int[exact.length];
      for (int j = 0; j < exact.length; j++) {
        double scaled = (total == 0 ? exact[j] : exact[j] / total) * (1 << FRACTION);
        weights[i][j] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
      }
    }
    return new Taps(first, weights);
  }

  /**
   * Keys's cubic with a = -0.5.
   *
   * @param distance in source pixels from the centre
   */
  private static double weight(double distance) {
    double a = -0.5;
    double x = Math.abs(distance);
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  }

  /** What the weights depend on. */
  private record Axis(int from, int to) {}

  /** For each pixel to be made: the first source pixel that counts, and the weights from there. */
  @SuppressWarnings("ArrayRecordComponent") // private, and never compared
  private record Taps(int[] first, int[][] weights) {}
}
