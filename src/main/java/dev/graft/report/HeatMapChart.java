package dev.graft.report;

import dev.graft.picture.Picture;
import dev.graft.report.Ink.Anchor;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;

/**
 * A picture as a network took it, and over it where the network saw a class, 448 x 532 pixels with
 * title and legend.
 */
final class HeatMapChart {
  private static final int SIDE = 448;
  private static final int TOP = 44;
  private static final int LEGEND = 40;

  /** Of what covers the picture, at most. */
  private static final double OPACITY = 0.7;

  private final Picture picture;
  private final int width;
  private final int height;
  private final float[] values;
  private final String title;

  /**
   * @param values {@code (height, width)}, 0 to 1, over the whole picture
   */
  HeatMapChart(Picture picture, int width, int height, float[] values, String title) {
    this.picture = picture;
    this.width = width;
    this.height = height;
    this.values = values.clone();
    this.title = title;
  }

  BufferedImage draw() {
    BufferedImage image = Ink.drawing(SIDE, TOP + SIDE + LEGEND, this::draw);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        image.setRGB(x, TOP + y, over(image.getRGB(x, TOP + y), at(x, y)));
      }
    }
    return image;
  }

  private void draw(Graphics2D g) {
    FittedPicture.in(new Rectangle(0, TOP, SIDE, SIDE), picture).draw(g);
    Font bold = Ink.bold(16);
    Ink.write(g, Ink.fit(title, bold, SIDE - 16), bold, Anchor.MIDDLE, SIDE / 2.0, 28);
    double baseline = TOP + SIDE + 25;
    Ink.write(g, "no evidence", Ink.plain(13), Anchor.LEFT, 16, baseline);
    Ink.write(g, "most", Ink.plain(13), Anchor.LEFT, SIDE * 3 / 4.0 + 12, baseline);
    for (int x = 0; x < SIDE / 2; x++) {
      g.setColor(colour((float) x / (SIDE / 2)));
      g.fillRect(SIDE / 4 + x, TOP + SIDE + 14, 1, 12);
    }
  }

  /** Between the middles of the map's pixels, bilinearly. */
  private float at(int x, int y) {
    double column = Math.max(0, Math.min(width - 1, (x + 0.5) * width / SIDE - 0.5));
    double row = Math.max(0, Math.min(height - 1, (y + 0.5) * height / SIDE - 0.5));
    int left = (int) column;
    int above = (int) row;
    int right = Math.min(width - 1, left + 1);
    int below = Math.min(height - 1, above + 1);
    double h = column - left;
    double v = row - above;
    return (float)
        ((1 - v) * ((1 - h) * values[above * width + left] + h * values[above * width + right])
            + v * ((1 - h) * values[below * width + left] + h * values[below * width + right]));
  }

  private static int over(int pixel, float value) {
    Color below = new Color(pixel);
    Color above = colour(value);
    double share = OPACITY * value;
    return new Color(
            mixed(below.getRed(), above.getRed(), share),
            mixed(below.getGreen(), above.getGreen(), share),
            mixed(below.getBlue(), above.getBlue(), share))
        .getRGB();
  }

  private static int mixed(int below, int above, double share) {
    return (int) Math.round((1 - share) * below + share * above);
  }

  /** From violet over red to yellow: its brightness grows, so that it can be read in grey too. */
  private static Color colour(float value) {
    float red = Math.min(1, 0.35f + value);
    float green = Math.max(0, (value - 0.45f) / 0.55f * 0.9f);
    float blue = Math.max(0, 0.6f * (1 - 1.6f * value));
    return new Color(red, green, blue);
  }
}
