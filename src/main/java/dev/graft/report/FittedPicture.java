package dev.graft.report;

import dev.graft.picture.Picture;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;

/**
 * A picture of any size in the middle of its room: a small one enlarged by a whole factor, so that
 * each pixel becomes a square, a large one made smaller by averaging.
 *
 * @param bounds where it is drawn
 */
record FittedPicture(Picture picture, Rectangle bounds) {
  static FittedPicture in(Rectangle room, Picture picture) {
    double scale =
        Math.min((double) room.width / picture.width(), (double) room.height / picture.height());
    if (scale > 1) {
      scale = Math.floor(scale);
    }
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    int left = room.x + (room.width - width) / 2;
    int top = room.y + (room.height - height) / 2;
    return new FittedPicture(picture, new Rectangle(left, top, width, height));
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
