package dev.graft.studio;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.AtomicFiles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * Small JPEG versions of images, stored under the version of the file, so that a moved image keeps
 * its thumbnail.
 */
final class Thumbnails {
  /** The longer side, in pixels: sharp at 80 CSS pixels on a dense screen. */
  private static final int SIDE = 160;

  private final Path folder;

  Thumbnails(Path folder) {
    this.folder = folder;
  }

  /**
   * Returns an image's thumbnail, as JPEG.
   *
   * @param version of the image file, see {@link ImageStore.Image}
   * @throws dev.graft.GraftException if the image can't be read
   */
  byte[] of(Path image, String version) throws IOException {
    Path file = folder.resolve(version.substring(0, 2)).resolve(version + ".jpg");
    if (Files.isRegularFile(file)) {
      return Files.readAllBytes(file);
    }
    byte[] jpeg = jpeg(ImageFileReader.read(image, SIDE));
    try {
      Files.createDirectories(file.getParent());
      AtomicFiles.write(file, jpeg);
    } catch (IOException e) {
      return jpeg; // the disk is full; it will be made again
    }
    return jpeg;
  }

  private static byte[] jpeg(RgbImage image) throws IOException {
    double scale = Math.min(1, (double) SIDE / Math.max(image.width(), image.height()));
    int width = Math.max(1, (int) Math.round(scale * image.width()));
    int height = Math.max(1, (int) Math.round(scale * image.height()));
    byte[] rgb = image.scaled(width, height).rgb();
    BufferedImage canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int red = rgb[3 * i] & 0xff;
      int green = rgb[3 * i + 1] & 0xff;
      canvas.setRGB(i % width, i / width, red << 16 | green << 8 | (rgb[3 * i + 2] & 0xff));
    }
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(canvas, "jpg", jpeg);
    return jpeg.toByteArray();
  }
}
