package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.io.WholeFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A picture as a PNG file that appears whole or not at all. */
final class Png {
  private Png() {}

  /** Writes {@code image}, in place of what {@code file} held; its folder must be there. */
  static void write(Path file, BufferedImage image) {
    try {
      WholeFile.write(file, encode(image));
    } catch (IOException | UncheckedIOException e) {
      throw new GraftException("Cannot write the picture " + file + " (" + e + ").", e);
    }
  }

  static byte[] encode(BufferedImage image) {
    var bytes = new ByteArrayOutputStream();
    try (var stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
