package dev.graft.report;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/**
 * A picture of any size in the middle of its room: a small one enlarged by a whole factor, so that
 * each pixel becomes a square, a large one made smaller by averaging.
 */
final class FittedPicture {
  private final BufferedImage picture;
  private final Rectangle bounds;

  FittedPicture(BufferedImage picture, Rectangle room) {
    this.picture = picture;
    double scale =
        Math.min(
            (double) room.width / picture.getWidth(), (double) room.height / picture.getHeight());
    if (scale > 1) {
      scale = Math.floor(scale);
    }
    int width = Math.max(1, (int) Math.round(scale * picture.getWidth()));
    int height = Math.max(1, (int) Math.round(scale * picture.getHeight()));
    this.bounds =
        new Rectangle(
            room.x + (room.width - width) / 2, room.y + (room.height - height) / 2, width, height);
  }

  /** Where it is drawn. */
  Rectangle bounds() {
    return new Rectangle(bounds);
  }

  void draw(Graphics2D g) {
    BufferedImage source = picture;
    Object filter = RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR;
    if (bounds.width < source.getWidth() || bounds.height < source.getHeight()) {
      // Bilinear reads four pixels only, so a large picture is first halved as often as it can be.
      while (source.getWidth() >= 2 * bounds.width && source.getHeight() >= 2 * bounds.height) {
        source = half(source);
      }
      filter = RenderingHints.VALUE_INTERPOLATION_BILINEAR;
    }
    g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, filter);
    g.drawImage(source, bounds.x, bounds.y, bounds.width, bounds.height, Color.WHITE, null);
  }

  private static BufferedImage half(BufferedImage source) {
    int width = source.getWidth() / 2;
    int height = source.getHeight() / 2;
    var half = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = Ink.paper(half);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(source, 0, 0, width, height, Color.WHITE, null);
    g.dispose();
    return half;
  }
}
