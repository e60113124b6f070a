package dev.graft.studio;

import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageSet;
import dev.graft.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
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
    return png(image);
  }

  /** An image that can't be compressed: 3 bytes per pixel. */
  static byte[] noise(long seed, int side) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < side * side; i++) {
      image.setRGB(i % side, i / side, random.nextInt());
    }
    return png(image);
  }

  /** Images of a class of the bundled sample of CIFAR-10. */
  static List<byte[]> sample(String label, int count) {
    ImageSet images = Cifar10Images.sample().images();
    int index = images.classes().indexOf(label);
    return IntStream.range(0, images.size())
        .filter(i -> images.label(i) == index)
        .limit(count)
        .mapToObj(i -> png(images.read(i, 0).orElseThrow()))
        .toList();
  }

  private static byte[] png(RgbImage image) {
    BufferedImage canvas =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.rgb();
    for (int i = 0; i < image.width() * image.height(); i++) {
      int red = rgb[3 * i] & 0xff;
      int green = rgb[3 * i + 1] & 0xff;
      int color = red << 16 | green << 8 | (rgb[3 * i + 2] & 0xff);
      canvas.setRGB(i % image.width(), i / image.width(), color);
    }
    return png(canvas);
  }

  private static byte[] png(BufferedImage image) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return png.toByteArray();
  }
}
