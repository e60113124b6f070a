package dev.graft.image;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Antialiased resizing that equals Pillow's {@code Image.resize} with {@code BICUBIC}, or another
 * filter, bit for bit, because published backbones were trained and measured with it. The filter's
 * support grows with the reduction, and weights have 22 bits of fraction. Rows are resized first,
 * then columns, and each pass is rounded and clipped to 0..255.
 *
 * <p>Weights are cached for the next image of the same size. Thread-safe.
 */
final class Bicubic {
  private static final int CHANNELS = 3;

  /** Bits of fraction of a weight: of 32, 8 are for the pixel and 2 guard against overshoot. */
  private static final int FRACTION = 32 - 8 - 2;

  private static final int HALF = 1 << (FRACTION - 1);

  /** The number of cached axes; images of many sizes must not fill the memory. */
  private static final int MAX_CACHED = 64;

  private static final Map<Axis, Taps> CACHE =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Axis, Taps> eldest) {
          return size() > MAX_CACHED;
        }
      };

  private Bicubic() {}

  /**
   * Crops and resizes. Only pixels inside the box count, as in Pillow's {@code
   * crop(box).resize(size)}; {@code resize(size, box=box)} would read beyond the edge.
   */
  static RgbImage resize(RgbImage image, Box box, int width, int height, Resampling filter) {
    if (box.left() + box.width() > image.width() || box.top() + box.height() > image.height()) {
      throw new IllegalArgumentException(box + " is not inside " + image);
    }
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("new size must be >= 1x1, was " + width + "x" + height);
    }
    if (box.equals(new Box(0, 0, width, height))
        && image.width() == width
        && image.height() == height) {
      return image; // all weights would be 1 and 0
    }
    int[] rows =
        resizeRows(image.rgb(), image.width(), box, taps(new Axis(box.width(), width, filter)));
    Taps columns = taps(new Axis(box.height(), height, filter));
    return new RgbImage(width, height, resizeColumns(rows, width * CHANNELS, columns));
  }

  /** Returns the box with resized rows, {@code (box.height, outWidth, 3)}, values 0..255. */
  private static int[] resizeRows(byte[] rgb, int width, Box box, Taps taps) {
    int outWidth = taps.first.length;
    int[] out = new int[Math.multiplyExact(box.height(), outWidth * CHANNELS)];
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

  /** Sums whole rows, which the compiler turns into vector instructions. */
  private static byte[] resizeColumns(int[] rows, int rowLength, Taps taps) {
    int outHeight = taps.first.length;
    byte[] out = new byte[Math.multiplyExact(outHeight, rowLength)];
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

  private static Taps taps(Axis axis) {
    synchronized (CACHE) {
      return CACHE.computeIfAbsent(axis, Bicubic::compute);
    }
  }

  /** Pillow's {@code precompute_coeffs} and {@code normalize_coeffs_8bpc}, step for step. */
  private static Taps compute(Axis axis) {
    int from = axis.from();
    int to = axis.to();
    double scale = (double) from / to;
    double stretch = Math.max(1, scale);
    double reach = axis.filter().support * stretch;
    int[] first = new int[to];
    int[][] weights = new int[to][];
    for (int i = 0; i < to; i++) {
      double center = (i + 0.5) * scale;
      int begin = Math.max(0, (int) (center - reach + 0.5));
      int end = Math.min(from, (int) (center + reach + 0.5));
      double[] exact = new double[end - begin];
      double total = 0;
      for (int j = 0; j < exact.length; j++) {
        // Pillow multiplies by the reciprocal; dividing would round differently.
        exact[j] = axis.filter().weight((j + begin - center + 0.5) * (1 / stretch));
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

  /** The sizes and the filter that determine the weights. */
  private record Axis(int from, int to, Resampling filter) {}

  /** The first source pixel of each resized pixel, and the weights from there on. */
  @SuppressWarnings("ArrayRecordComponent") // private, and never compared
  private record Taps(int[] first, int[][] weights) {}
}
