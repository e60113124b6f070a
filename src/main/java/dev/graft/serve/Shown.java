package dev.graft.serve;

import dev.graft.picture.Framing;
import dev.graft.picture.HeatMap;
import dev.graft.picture.Picture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A picture with a heat map over it, as a page shows it. */
final class Shown {
  /** To which a picture may be reduced before it is shown: its shorter side, in pixels. */
  static final int LEAST = 224;

  /** The longer side of what is shown, at most. */
  private static final int MOST = 448;

  private Shown() {}

  /** All of the picture, with the map over the part that the network saw, as a PNG's bytes. */
  static byte[] png(Picture picture, HeatMap map, Framing framing) {
    double scale = Math.min(1, (double) MOST / Math.max(picture.width(), picture.height()));
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    byte[] rgb = map.over(picture.scaled(width, height), framing).rgb();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int red = rgb[3 * i] & 0xff;
      int green = rgb[3 * i + 1] & 0xff;
      image.setRGB(i % width, i / width, red << 16 | green << 8 | (rgb[3 * i + 2] & 0xff));
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // to memory
    }
    return png.toByteArray();
  }
}
