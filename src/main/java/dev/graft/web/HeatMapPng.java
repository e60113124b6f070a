package dev.graft.web;

import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Renders an image with a heat map over it for the page. */
public final class HeatMapPng {
  /** The shorter side to which an image may be reduced before it is shown, in pixels. */
  public static final int MIN_SIDE = 224;

  /** Maximum side of the rendered image, in pixels. */
  private static final int MAX_SIDE = 448;

  private HeatMapPng() {}

  /** Returns a PNG of the whole image, with the map over the part that the network saw. */
  public static byte[] png(RgbImage image, HeatMap map, Framing framing) {
    double scale = Math.min(1, (double) MAX_SIDE / Math.max(image.width(), image.height()));
    int width = Math.max(1, (int) Math.round(scale * image.width()));
    int height = Math.max(1, (int) Math.round(scale * image.height()));
    byte[] rgb = map.over(image.scaled(width, height), framing).rgb();
    BufferedImage canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int red = rgb[3 * i] & 0xff;
      int green = rgb[3 * i + 1] & 0xff;
      canvas.setRGB(i % width, i / width, red << 16 | green << 8 | (rgb[3 * i + 2] & 0xff));
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(canvas, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // to memory
    }
    return png.toByteArray();
  }
}
