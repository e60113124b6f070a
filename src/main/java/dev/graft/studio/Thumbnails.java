package dev.graft.studio;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.io.AtomicFiles;
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
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(image.within(SIDE).toBufferedImage(), "jpg", jpeg);
    return jpeg.toByteArray();
  }
}
