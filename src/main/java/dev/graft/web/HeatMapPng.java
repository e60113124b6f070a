package dev.graft.web;

import dev.graft.image.Framing;
import dev.graft.image.HeatMap;
import dev.graft.image.RgbImage;
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
    RgbImage colored = map.over(image.within(MAX_SIDE), framing);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(colored.toBufferedImage(), "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // to memory
    }
    return png.toByteArray();
  }
}
