package dev.graft.studio;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small images that a head can tell apart: noise around a color. */
final class TestImages {
  private static final int SIDE = 40;

  private TestImages() {}

  static byte[] png(long seed) {
    return png(seed, 0x808080);
  }

  /** An image whose pixels are near a color. */
  static byte[] png(long seed, int color) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      int noise = random.nextInt(0x40);
      image.setRGB(i % SIDE, i / SIDE, color ^ (noise << 16 | random.nextInt(0x40) << 8 | noise));
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return png.toByteArray();
  }
}
