package dev.graft.picture;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * The way of one file from its bytes to a picture. Faults of the file leave it as whatever its
 * decoder throws.
 *
 * @param length of the file in bytes
 * @param name what messages call the file
 */
record PictureSource(PictureFormat format, ImageInputStream stream, long length, String name) {
  private static final int MEGA = 1_000_000;

  /** 75 MB as RGB; and twice to four times as much while it is decoded. */
  private static final int MAX_DECODED = 25 * MEGA;

  /**
   * The least length of file that TwelveMonkeys' decoders are told: they refuse one that would grow
   * more than 512-fold (TIFF) or 2048-fold (WebP), and so they would refuse a blank page, or a
   * sheet of one colour. What fits into memory, 64 bits a pixel at most, need not be refused; where
   * there is less in the file than there must be, reading ends where the file does.
   */
  private static final long ROOMY = MAX_DECODED * 8L / 512;

  private static final int MAX_PIXELS = 1_000 * MEGA;

  /** A decoder that keeps coefficients takes up to 6 bytes a pixel, outside the heap. */
  private static final int MAX_KEPT = 200 * MEGA;

  /**
   * Every scan goes over the whole picture, though it may take a few bytes of the file: a hundred
   * megapixels in 20 scans, where programs write 10, or 25 in 80, which takes some 6 s.
   */
  private static final long MAX_SCANNED = 2_000L * MEGA;

  PictureReader.Header header() throws IOException {
    FileStructure file = structure();
    FileStructure.Canvas canvas = withReader(file, reader -> checked(file, reader));
    return Orientation.isTransposed(file.orientation())
        ? new PictureReader.Header(format.name(), canvas.height(), canvas.width())
        : new PictureReader.Header(format.name(), canvas.width(), canvas.height());
  }

  /** The picture in several reductions, decoded once. */
  List<Picture> read(int... leasts) throws IOException {
    FileStructure file = structure();
    PixelRows rows = withReader(file, reader -> rows(file, reader));
    return IntStream.of(leasts)
        .map(least -> Reduction.factor(rows.width, rows.height, least))
        .mapToObj(factor -> Reduction.of(rows, factor, file.orientation()))
        .map(reduced -> ColourProfile.toSrgb(reduced, file.profile()))
        .toList();
  }

  private FileStructure structure() throws IOException {
    return switch (format) {
      case PNG -> PngStructure.of(stream);
      case JPEG -> JpegHead.of(stream, name);
      case GIF -> new GifStructure(stream);
      case BMP -> BmpStructure.of(stream, length, name);
      case TIFF -> TiffStructure.of(stream, length < ROOMY ? ROOMY : length, name);
      case WEBP -> WebpStructure.of(stream, length, ROOMY);
    };
  }

  private interface Use<T> {
    T of(ImageReader reader) throws IOException;
  }

  private <T> T withReader(FileStructure file, Use<T> use) throws IOException {
    ImageReader reader = format.newReader();
    try {
      ImageInputStream input = file.stream();
      input.seek(0);
      reader.setInput(input, true, true);
      List<String> faults = new ArrayList<>();
      reader.addIIOReadWarningListener(
          (source, warning) -> {
            if (isFault(warning)) {
              faults.add(warning);
            }
          });
      T result = use.of(reader);
      if (!faults.isEmpty()) {
        throw new IIOException(faults.get(0));
      }
      return result;
    } finally {
      reader.dispose();
    }
  }

  /**
   * Whether a warning means that pixels are missing: the JPEG decoder fills them up with grey and
   * goes on. Other warnings are about colour profiles, or about bytes between two segments.
   */
  private static boolean isFault(String warning) {
    return warning.startsWith("Truncated File")
        || (warning.startsWith("Corrupt JPEG data") && !warning.contains("extraneous bytes"))
        || warning.startsWith("Nothing to decode")
        || warning.startsWith("Uncompressed WebP alpha")
        || warning.startsWith("Unknown WebP alpha");
  }

  private void check(int width, int height) {
    long pixels = (long) width * height;
    if (width < 1 || height < 1) {
      throw new Unreadable(name, "has no pixels (" + width + "x" + height + ").");
    }
    if (pixels > MAX_PIXELS) {
      throw new Unreadable(
          name, has(width, height) + "; Graft reads up to " + MAX_PIXELS / MEGA + " megapixels.");
    }
    // Of what fits into memory, the decoder finds out: one colour takes hardly a byte.
    if (pixels > MAX_DECODED && !format.canHold(pixels, length)) {
      String such = width + "x" + height + " pixels, but has " + length + " bytes";
      throw new Unreadable(
          name,
          format.packsOneColour()
              ? ("is damaged, or of one colour (it says it has " + such + "); Graft reads a")
                  + (" picture of one colour up to " + MAX_DECODED / MEGA + " megapixels.")
              : "is damaged or cut off (it says it has " + such + ").");
    }
  }

  /** The size of the stored image, if it is one that Graft reads. */
  private FileStructure.Canvas checked(FileStructure file, ImageReader reader)
      throws IOException {
    FileStructure.Canvas canvas = file.canvas(reader);
    int width = canvas.width();
    int height = canvas.height();
    check(width, height);
    if (file instanceof JpegHead head
        && head.isOfSeveralScans()
        && (long) width * height > MAX_KEPT) {
      throw new Unreadable(
          name,
          has(width, height)
              + ("; Graft reads progressive JPEG up to " + MAX_KEPT / MEGA + " megapixels."));
    }
    return canvas;
  }

  private void checkScans(JpegHead head) throws IOException {
    long scans = head.isOfSeveralScans() ? head.scans() : 1;
    if (scans * head.width() * head.height() > MAX_SCANNED) {
      throw new Unreadable(
          name,
          ("is made of " + scans + " scans of " + head.width() + "x" + head.height())
              + " pixels, which would take too long to read; save it anew.");
    }
  }

  private static String has(int width, int height) {
    return "has " + width + "x" + height + " pixels";
  }

  /** The smallest factor to thin a picture out by, so that its pixels fit into memory. */
  private static int thinning(int width, int height) {
    int factor = 1;
    while ((long) thinned(width, factor) * thinned(height, factor) > MAX_DECODED) {
      factor++;
    }
    return factor;
  }

  private static int thinned(int length, int factor) {
    return (length + factor - 1) / factor;
  }

  private PixelRows rows(FileStructure file, ImageReader reader) throws IOException {
    FileStructure.Canvas canvas = checked(file, reader);
    if (file instanceof JpegHead head) {
      checkScans(head);
    }
    int thinning = thinning(canvas.width(), canvas.height());
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceSubsampling(thinning, thinning, 0, 0);
    PixelRows frame = file.rows(reader, param, name);
    int width = thinned(canvas.width(), thinning);
    int height = thinned(canvas.height(), thinning);
    return frame.width == width && frame.height == height
        ? frame
        : frame.within(width, height, canvas.left() / thinning, canvas.top() / thinning);
  }
}
