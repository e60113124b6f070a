package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.io.WholeFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A picture as a PNG file that appears whole or not at all. */
final class Png {
  private Png() {}

  /** Writes {@code image}, in place of what {@code file} held; its folder must be there. */
  static void write(Path file, BufferedImage image) {
    try {
      WholeFile.write(file, encode(image));
    } catch (IOException e) {
      throw new GraftException(
          String.format(Locale.ROOT, "Cannot write the picture %s (%s).", file, e), e);
    }
  }

  private static byte[] encode(BufferedImage image) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", stream);
    }
    return bytes.toByteArray();
  }
}
