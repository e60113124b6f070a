package dev.graft.report;

import dev.graft.picture.Picture;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;

/**
 * A picture of any size in the middle of its room: a small one enlarged by a whole factor, so that
 * each pixel becomes a square, a large one made smaller by averaging.
 */
final class FittedPicture {
  private final Picture picture;
  private final Rectangle bounds;

  FittedPicture(Picture picture, Rectangle room) {
    this.picture = picture;
    double scale =
        Math.min((double) room.width / picture.width(), (double) room.height / picture.height());
    if (scale > 1) {
      scale = Math.floor(scale);
    }
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    this.bounds =
        new Rectangle(
            room.x + (room.width - width) / 2, room.y + (room.height - height) / 2, width, height);
  }

  /** Where it is drawn. */
  Rectangle bounds() {
    return new Rectangle(bounds);
  }

  void draw(Graphics2D g) {
    g.drawImage(image(), bounds.x, bounds.y, null);
  }

  /** The picture alone. */
  BufferedImage image() {
    byte[] rgb = picture.scaled(bounds.width, bounds.height).rgb();
    var image = new BufferedImage(bounds.width, bounds.height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < bounds.width * bounds.height; i++) {
      int pixel =
          (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | (rgb[3 * i + 2] & 0xff);
      image.setRGB(i % bounds.width, i / bounds.width, pixel);
    }
    return image;
  }
}
