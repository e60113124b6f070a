package dev.graft.image;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/**
 * RandAugment (Cubuk et al. 2020): two random operations of one magnitude. Operations, magnitudes
 * and arithmetic are those of torchvision's {@code RandAugment} on images of Pillow: where geometry
 * leaves the image, pixels are black, and the nearest pixel counts.
 */
final class RandAugment {
  private static final int OPERATIONS = 2;

  /** The magnitude at which an operation has its largest effect. */
  private static final double MAX_MAGNITUDE = 30;

  private RandAugment() {}

  /** An operation on an image {@code (3, side, side)}, one byte per value. */
  enum Operation {
    IDENTITY(false),
    SHEAR_X(true),
    SHEAR_Y(true),
    TRANSLATE_X(true),
    TRANSLATE_Y(true),
    ROTATE(true),
    BRIGHTNESS(true),
    COLOR(true),
    CONTRAST(true),
    SHARPNESS(true),
    POSTERIZE(false),
    SOLARIZE(false),
    AUTOCONTRAST(false),
    EQUALIZE(false);

    /** Whether the magnitude may also be negative. */
    final boolean signed;

    Operation(boolean signed) {
      this.signed = signed;
    }

    /**
     * Returns a changed image.
     *
     * @param magnitude from -30 to 30
     */
    byte[] of(byte[] planes, int side, int magnitude) {
      double level = magnitude / MAX_MAGNITUDE;
      int shift = (int) (150.0 / 331 * side * level);
      return switch (this) {
        case IDENTITY -> planes;
        case SHEAR_X -> moved(planes, side, 1, 0.3 * level, 0, 0, 1, 0);
        case SHEAR_Y -> moved(planes, side, 1, 0, 0, 0.3 * level, 1, 0);
        case TRANSLATE_X -> moved(planes, side, 1, 0, -shift, 0, 1, 0);
        case TRANSLATE_Y -> moved(planes, side, 1, 0, 0, 0, 1, -shift);
        case ROTATE -> rotated(planes, side, 30 * level);
        case BRIGHTNESS -> away(planes, 0.9 * level, i -> 0);
        case COLOR -> away(planes, 0.9 * level, i -> gray(planes, i % (side * side)));
        case CONTRAST -> {
          int mean = meanGray(planes);
          yield away(planes, 0.9 * level, i -> mean);
        }
        case SHARPNESS -> away(planes, 0.9 * level, i -> smooth(planes, side, i));
        case POSTERIZE -> {
          int mask = -1 << Math.round(4 * level);
          yield mapped(planes, histogram -> value -> value & mask);
        }
        case SOLARIZE ->
            mapped(planes, histogram -> value -> value < 255 - 8.5 * magnitude ? value : ~value);
        case AUTOCONTRAST -> mapped(planes, RandAugment::stretching);
        case EQUALIZE -> mapped(planes, RandAugment::equalizing);
      };
    }
  }

  /**
   * Returns an image after two random operations.
   *
   * @param planes {@code (3, side, side)}, R, G, B, one byte each
   * @param magnitude from 1 to 30
   */
  static byte[] of(byte[] planes, int side, int magnitude, SplittableRandom random) {
    byte[] result = planes;
    Operation[] all = Operation.values();
    for (int i = 0; i < OPERATIONS; i++) {
      Operation each = all[random.nextInt(all.length)];
      boolean negative = each.signed && random.nextBoolean();
      result = each.of(result, side, negative ? -magnitude : magnitude);
    }
    return result;
  }

  /**
   * Returns an image whose pixel {@code (x, y)} is the one at {@code (ax + by + c, dx + ey + f)},
   * measured at the pixels' centers. In fixed-point numbers, as in Pillow.
   */
  private static byte[] moved(
      byte[] planes, int side, double a, double b, double c, double d, double e, double f) {
    byte[] moved = new byte[planes.length];
    int plane = side * side;
    int left = fixed(c + (a + b) / 2);
    int top = fixed(f + (d + e) / 2);
    for (int y = 0, i = 0; y < side; y++) {
      for (int x = 0; x < side; x++, i++) {
        int fromX = (left + x * fixed(a) + y * fixed(b)) >> 16;
        int fromY = (top + x * fixed(d) + y * fixed(e)) >> 16;
        if (fromX >= 0 && fromX < side && fromY >= 0 && fromY < side) {
          int from = fromY * side + fromX;
          moved[i] = planes[from];
          moved[plane + i] = planes[plane + from];
          moved[2 * plane + i] = planes[2 * plane + from];
        }
      }
    }
    return moved;
  }

  private static int fixed(double value) {
    return (int) Math.floor(value * 65536 + 0.5);
  }

  /** Returns an image rotated about its center, counterclockwise by an angle in degrees. */
  private static byte[] rotated(byte[] planes, int side, double degrees) {
    double cos = StrictMath.cos(Math.toRadians(degrees));
    double sin = StrictMath.sin(Math.toRadians(degrees));
    double center = side / 2.0;
    return moved(
        planes,
        side,
        cos,
        -sin,
        center - (cos - sin) * center,
        sin,
        cos,
        center - (sin + cos) * center);
  }

  /**
   * Moves values away from those of another image.
   *
   * @param share of the difference; negative to move towards them
   * @param other the other image's value at an index
   */
  private static byte[] away(byte[] planes, double share, IntUnaryOperator other) {
    float factor = (float) (1 + share);
    byte[] result = new byte[planes.length];
    for (int i = 0; i < planes.length; i++) {
      int from = other.applyAsInt(i);
      float value = from + factor * ((planes[i] & 0xff) - from);
      result[i] = (byte) Math.max(0, Math.min(255, (int) value));
    }
    return result;
  }

  /** Returns the luma of a pixel (ITU-R BT.601), 0 to 255. */
  private static int gray(byte[] planes, int pixel) {
    int plane = planes.length / 3;
    int red = planes[pixel] & 0xff;
    int green = planes[plane + pixel] & 0xff;
    int blue = planes[2 * plane + pixel] & 0xff;
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
  }

  private static int meanGray(byte[] planes) {
    int plane = planes.length / 3;
    long sum = 0;
    for (int i = 0; i < plane; i++) {
      sum += gray(planes, i);
    }
    return Math.toIntExact((2 * sum + plane) / (2L * plane));
  }

  /**
   * Returns the mean of a value and its 8 neighbors, in which it counts 5 times; at edges itself.
   */
  private static int smooth(byte[] planes, int side, int index) {
    int x = index % side;
    int y = index / side % side;
    int value = planes[index] & 0xff;
    if (x == 0 || y == 0 || x == side - 1 || y == side - 1) {
      return value;
    }
    int sum = 4 * value;
    for (int row = index - side; row <= index + side; row += side) {
      sum += (planes[row - 1] & 0xff) + (planes[row] & 0xff) + (planes[row + 1] & 0xff);
    }
    return (2 * sum + 13) / 26;
  }

  /** Finds new values by the histogram of a channel. */
  private interface Mapping {
    IntUnaryOperator of(int[] histogram);
  }

  private static byte[] mapped(byte[] planes, Mapping mapping) {
    byte[] mapped = new byte[planes.length];
    int plane = planes.length / 3;
    for (int from = 0; from < planes.length; from += plane) {
      int[] histogram = new int[256];
      for (int i = from; i < from + plane; i++) {
        histogram[planes[i] & 0xff]++;
      }
      IntUnaryOperator values = mapping.of(histogram);
      for (int i = from; i < from + plane; i++) {
        mapped[i] = (byte) values.applyAsInt(planes[i] & 0xff);
      }
    }
    return mapped;
  }

  /** Maps the smallest value to 0 and the largest to 255. */
  private static IntUnaryOperator stretching(int[] histogram) {
    int low = 0;
    int high = 255;
    while (histogram[low] == 0) {
      low++;
    }
    while (histogram[high] == 0) {
      high--;
    }
    if (low == high) {
      return IntUnaryOperator.identity();
    }
    double scale = 255.0 / (high - low);
    double offset = -low * scale;
    return value -> Math.max(0, Math.min(255, (int) (value * scale + offset)));
  }

  /** Maps values so that their distribution becomes as uniform as possible. */
  private static IntUnaryOperator equalizing(int[] histogram) {
    int high = 255;
    while (histogram[high] == 0) {
      high--;
    }
    int step = (Arrays.stream(histogram).sum() - histogram[high]) / 255;
    if (step == 0) {
      return IntUnaryOperator.identity();
    }
    int[] values = new int[256];
    for (int i = 0, below = step / 2; i < 256; i++) {
      values[i] = Math.min(255, below / step);
      below += histogram[i];
    }
    return value -> values[value];
  }
}
