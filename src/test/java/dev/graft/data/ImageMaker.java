package dev.graft.data;

import dev.graft.util.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;

/** Writes small images into folders, for tests of folders of images. */
public final class ImageMaker {
  /** Blocks of color per side. */
  private static final int BLOCKS = 8;

  private ImageMaker() {}

  /**
   * Writes a PNG of random blocks of color; the same seed and size write the same bytes.
   *
   * @param file created with its folders
   */
  public static Path write(Path file, int seed, int side) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    int[] colors = new Random(seed).ints(BLOCKS * BLOCKS, 0, 1 << 24).toArray();
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        image.setRGB(x, y, colors[y * BLOCKS / side * BLOCKS + x * BLOCKS / side]);
      }
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  public static Path write(Path file, int seed) throws IOException {
    return write(file, seed, 16);
  }

  /** Writes {@code <folder>/00.png} and so on. */
  public static void write(Path folder, int firstSeed, int count, int side) throws IOException {
    for (int i = 0; i < count; i++) {
      write(folder.resolve(String.format(Locale.ROOT, "%02d.png", i)), firstSeed + i, side);
    }
  }

  /** Opens a folder of images, of which nearly all may be unreadable. */
  public static DataSet open(Path folder) {
    return ImageFolder.open(folder, 0.999, ReadingRules.DEFAULT, Progress.Display.NONE);
  }
}
