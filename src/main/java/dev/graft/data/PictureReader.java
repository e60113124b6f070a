package dev.graft.data;

import dev.graft.GraftException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads picture files into 8-bit RGB: grey becomes three equal channels, 16 bits their upper 8,
 * transparency white, CMYK and YCCK what a screen would show. The first frame of an animation
 * counts. Sample values are taken as they stand in the file, as Pillow takes them and therefore as
 * the backbones saw them in training: embedded gamma and RGB colour profiles are not applied.
 *
 * <p>What cannot be read in full is not read at all: every fault is a {@link GraftException} of one
 * sentence that begins with the file's name.
 */
public final class PictureReader {
  /** More would not fit into a common heap: 100 megapixels are 300 MB as RGB. */
  private static final long MAX_PIXELS = 100_000_000;

  private PictureReader() {}

  /** The kinds of files, told by their first bytes; names and suffixes do not matter. */
  private enum Format {
    PNG("\u0089PNG\r\n\u001a\n"),
    JPEG("\u00ff\u00d8\u00ff"),
    GIF("GIF8"),
    BMP("BM");

    static final int LONGEST_SIGNATURE = 8;

    /** A character a byte. */
    private final String signature;

    Format(String signature) {
      this.signature = signature;
    }

    static Optional<Format> of(byte[] start) {
      String begins = new String(start, StandardCharsets.ISO_8859_1);
      return Arrays.stream(values()).filter(f -> begins.startsWith(f.signature)).findFirst();
    }

    ImageReader newReader() {
      return ImageIO.getImageReadersByFormatName(name().toLowerCase(Locale.ROOT)).next();
    }
  }

  /** Reads a file. */
  public static Picture read(Path file) {
    if (Files.isDirectory(file)) {
      throw new GraftException(file + " is a folder, not a picture.");
    }
    if (!Files.exists(file)) {
      throw new GraftException(file + " does not exist.");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    } catch (IOException e) {
      throw new GraftException(file + " cannot be opened: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Reads the bytes of a file.
   *
   * @param name what messages call it
   */
  public static Picture read(byte[] bytes, String name) {
    return read(new ByteArrayInputStream(bytes), name);
  }

  /**
   * Reads the bytes of a file from a stream, which stays open.
   *
   * @param name what messages call it
   */
  public static Picture read(InputStream in, String name) {
    try {
      InputStream buffered = new BufferedInputStream(in);
      buffered.mark(Format.LONGEST_SIGNATURE);
      byte[] start = buffered.readNBytes(Format.LONGEST_SIGNATURE);
      buffered.reset();
      if (start.length == 0) {
        throw new GraftException(name + " is empty.");
      }
      Format format =
          Format.of(start)
              .orElseThrow(
                  () ->
                      new GraftException(
                          name + " is not a picture that Graft reads (PNG, JPEG, GIF or BMP)."));
      try (ImageInputStream stream = new MemoryCacheImageInputStream(buffered)) {
        return toRgb(decode(stream, format, name));
      }
    } catch (GraftException e) {
      throw e;
    } catch (EOFException e) {
      throw damaged(name, "it ends too early", e);
    } catch (IOException | RuntimeException e) {
      // The decoders throw whatever damage leads them to: bad indices, negative sizes, and so on.
      throw damaged(name, e.getMessage(), e);
    }
  }

  private static BufferedImage decode(ImageInputStream stream, Format format, String name)
      throws IOException {
    ImageReader reader = format.newReader();
    try {
      reader.setInput(stream, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > MAX_PIXELS) {
        throw new GraftException(
            "%s has %dx%d pixels; Graft reads up to %d megapixels."
                .formatted(name, width, height, MAX_PIXELS / 1_000_000));
      }
      List<String> faults = new ArrayList<>();
      reader.addIIOReadWarningListener(
          (source, warning) -> {
            if (isFault(warning)) {
              faults.add(warning);
            }
          });
      BufferedImage image = reader.read(0);
      if (!faults.isEmpty()) {
        throw damaged(name, faults.get(0), null);
      }
      return image;
    } finally {
      reader.dispose();
    }
  }

  /**
   * Whether a warning means that pixels are missing: the JPEG decoder fills them up with grey and
   * goes on. Its other warnings are about colour profiles, or about bytes between two segments.
   */
  private static boolean isFault(String warning) {
    return warning.startsWith("Truncated File")
        || (warning.startsWith("Corrupt JPEG data") && !warning.contains("extraneous bytes"));
  }

  private static GraftException damaged(String name, String how, Throwable cause) {
    String reason = how == null ? "its decoder failed" : how.replaceFirst("[.!\\s]+$", "");
    return new GraftException(name + " is damaged or cut off (" + reason + ").", cause);
  }

  private static Picture toRgb(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[3 * width * height];
    ColorModel colours = image.getColorModel();
    Raster raster = image.getRaster();
    if (colours instanceof ComponentColorModel && raster.getNumBands() <= 4) {
      copySamples(raster, colours.hasAlpha(), rgb);
    } else {
      // Palettes and packed pixels are sRGB, so that nothing is converted here.
      int[] row = new int[width];
      for (int y = 0, written = 0; y < height; y++) {
        image.getRGB(0, y, width, 1, row, 0, width);
        for (int x = 0; x < width; x++, written += 3) {
          int alpha = row[x] >>> 24;
          rgb[written] = overWhite(row[x] >> 16 & 0xff, alpha);
          rgb[written + 1] = overWhite(row[x] >> 8 & 0xff, alpha);
          rgb[written + 2] = overWhite(row[x] & 0xff, alpha);
        }
      }
    }
    return new Picture(width, height, rgb);
  }

  /**
   * Takes the samples past the colour model: it would convert grey, which Java holds to be linear.
   */
  private static void copySamples(Raster raster, boolean hasAlpha, byte[] rgb) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int colours = hasAlpha ? bands - 1 : bands;
    int green = colours == 1 ? 0 : 1;
    int blue = colours == 1 ? 0 : 2;
    int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    int[] row = new int[width * bands];
    for (int y = 0, written = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int read = 0; read < row.length; read += bands, written += 3) {
        int alpha = hasAlpha ? row[read + colours] >> shift : 255;
        rgb[written] = overWhite(row[read] >> shift, alpha);
        rgb[written + 1] = overWhite(row[read + green] >> shift, alpha);
        rgb[written + 2] = overWhite(row[read + blue] >> shift, alpha);
      }
    }
  }

  private static byte overWhite(int value, int alpha) {
    return (byte) (alpha == 255 ? value : (value * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}
