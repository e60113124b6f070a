package dev.graft.image;

/**
 * The evidence for a class in each place of the part of an image that a network saw.
 *
 * @param values {@code (height, width)}, 0 to 1; all 0 without evidence
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record HeatMap(int width, int height, float[] values) {
  /** The opacity where the value is 1. */
  private static final double OPACITY = 0.7;

  public HeatMap {
    if (values.length != width * height) {
      throw new IllegalArgumentException(
          values.length + " values for " + width + " x " + height + " places");
    }
  }

  /** Returns the image with this map over the part that the network saw. */
  public RgbImage over(RgbImage image, Framing framing) {
    Box seen = framing.of(image.width(), image.height());
    byte[] rgb = image.rgb().clone();
    for (int y = 0; y < seen.height(); y++) {
      for (int x = 0; x < seen.width(); x++) {
        double value = at((x + 0.5) / seen.width(), (y + 0.5) / seen.height());
        int color = color(value);
        int at = 3 * ((seen.top() + y) * image.width() + seen.left() + x);
        for (int i = 0; i < 3; i++) {
          int above = color >> (16 - 8 * i) & 0xff;
          double share = OPACITY * value;
          rgb[at + i] = (byte) Math.round((1 - share) * (rgb[at + i] & 0xff) + share * above);
        }
      }
    }
    return new RgbImage(image.width(), image.height(), rgb);
  }

  /**
   * Returns the value at a place, by bilinear interpolation between the centers of the map's
   * pixels.
   *
   * @param across 0 (left edge) to 1
   * @param down 0 (top edge) to 1
   */
  private double at(double across, double down) {
    double column = Math.max(0, Math.min(width - 1, across * width - 0.5));
    double row = Math.max(0, Math.min(height - 1, down * height - 0.5));
    int left = (int) column;
    int above = (int) row;
    int right = Math.min(width - 1, left + 1);
    int below = Math.min(height - 1, above + 1);
    double h = column - left;
    double v = row - above;
    return (1 - v) * ((1 - h) * values[above * width + left] + h * values[above * width + right])
        + v * ((1 - h) * values[below * width + left] + h * values[below * width + right]);
  }

  /**
   * Returns a color from violet over red to yellow. Its brightness grows, so the map can be read in
   * gray, too.
   *
   * @param value 0 to 1
   * @return red, green and blue in the lowest three bytes
   */
  public static int color(double value) {
    double red = Math.min(1, 0.35 + value);
    double green = Math.max(0, (value - 0.45) / 0.55 * 0.9);
    double blue = Math.max(0, 0.6 * (1 - 1.6 * value));
    return (int) Math.round(255 * red) << 16
        | (int) Math.round(255 * green) << 8
        | (int) Math.round(255 * blue);
  }
}
