package dev.graft.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * Writes a folder of ten classes of PNG files of 8x8 pixels, all different, to measure the cost per
 * image of large data sets: {@code TinyImages FOLDER COUNT}. Each class has a color, with noise.
 */
final class TinyImages {
  private static final int CLASSES = 10;
  private static final int SIDE = 8;

  private TinyImages() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int count = Integer.parseInt(arguments[1]);
    ImageIO.setUseCache(false);
    for (int label = 0; label < CLASSES; label++) {
      Files.createDirectories(folder.resolve("class-" + label));
    }
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve("class-" + i % CLASSES).resolve(i + ".png");
      ImageIO.write(image(i), "png", file.toFile());
    }
  }

  private static BufferedImage image(int number) {
    Random noise = new Random(number);
    int color = new Random(-1 - number % CLASSES).nextInt(1 << 24);
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      // Half the class's color, half noise.
      int grain = noise.nextInt(1 << 24);
      image.setRGB(i % SIDE, i / SIDE, (color >> 1 & 0x7f7f7f) + (grain >> 1 & 0x7f7f7f));
    }
    return image;
  }
}
