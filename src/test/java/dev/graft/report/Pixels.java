package dev.graft.report;

import java.awt.Color;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;

/** Pixels of an image, for tests. */
final class Pixels {
  private Pixels() {}

  static Color at(BufferedImage image, int x, int y) {
    return new Color(image.getRGB(x, y));
  }

  /** Returns the points of {@code area} that have exactly this color. */
  static List<Point> of(BufferedImage image, Color color, Rectangle area) {
    return IntStream.range(0, area.width * area.height)
        .mapToObj(i -> new Point(area.x + i % area.width, area.y + i / area.width))
        .filter(point -> at(image, point.x, point.y).equals(color))
        .toList();
  }

  /** Returns the colors of a margin of this width, which would contain text that is cut off. */
  static List<Color> margin(BufferedImage image, int width) {
    Rectangle inner =
        new Rectangle(width, width, image.getWidth() - 2 * width, image.getHeight() - 2 * width);
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .mapToObj(i -> new Point(i % image.getWidth(), i / image.getWidth()))
        .filter(point -> !inner.contains(point))
        .map(point -> at(image, point.x, point.y))
        .distinct()
        .toList();
  }
}
