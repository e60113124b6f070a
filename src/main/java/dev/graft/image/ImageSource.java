package dev.graft.image;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * An image file that is to be decoded. Faults in it surface as the exceptions of its decoder.
 *
 * @param length of the file, in bytes
 * @param name of the file, for messages
 */
record ImageSource(ImageFormat format, ImageInputStream stream, long length, String name) {
  private static final int MEGA = 1_000_000;

  /** The pixels of an image in memory: 75 MB as RGB, and two to four times that while decoding. */
  private static final int MAX_DECODED = 25 * MEGA;

  /**
   * The smallest file length, in bytes, that TwelveMonkeys' decoders are given. They refuse a file
   * that would grow more than 512-fold (TIFF) or 2048-fold (WebP), and with it a blank page or a
   * single color, although up to 64 bits per pixel fit into memory. Reading still ends where the
   * file ends.
   */
  private static final long MIN_SHOWN_LENGTH = MAX_DECODED * 8L / 512;

  /** The pixels from which a JPEG is reduced while it is decoded; smaller ones take little time. */
  private static final int MIN_REDUCED = 2 * MEGA;

  /** The largest file, in bytes, that is reduced while it is decoded: it is read into memory. */
  private static final long MAX_REDUCED_BYTES = 32L << 20;

  private static final int MAX_PIXELS = 1_000 * MEGA;

  /** The pixels of a progressive JPEG, whose coefficients take up to 6 bytes each off the heap. */
  private static final int MAX_PROGRESSIVE = 200 * MEGA;

  /**
   * The pixels of all scans of a JPEG. Each scan covers the whole image, even if it takes only a
   * few bytes of the file. The limit is 100 megapixels in 20 scans (programs write 10), or about 6
   * s.
   */
  private static final long MAX_SCANNED = 2_000L * MEGA;

  ImageFileReader.Header header() throws IOException {
    FileStructure file = structure();
    FileStructure.Canvas canvas = withReader(file, reader -> checked(file, reader));
    return Orientation.isTransposed(file.orientation())
        ? new ImageFileReader.Header(format.name(), canvas.height(), canvas.width())
        : new ImageFileReader.Header(format.name(), canvas.width(), canvas.height());
  }

  /** Decodes the image once, and reduces it to each size. */
  List<RgbImage> read(int... minSides) throws IOException {
    FileStructure file = structure();
    Map<Integer, PixelRows> decoded = new HashMap<>(); // by the reduction while decoding
    List<RgbImage> images = new ArrayList<>();
    for (int minSide : minSides) {
      PixelRows rows = rows(file, reduction(file, minSide), decoded);
      int factor = Reduction.factor(rows.width, rows.height, minSide);
      Reduction.Reduced reduced = Reduction.of(rows, factor, file.orientation());
      images.add(ColorProfile.toSrgb(reduced, file.profile()));
    }
    return images;
  }

  /**
   * Returns the factor by which a large photograph is reduced while it is decoded: a power of 2
   * that leaves the shorter side long enough.
   */
  private int reduction(FileStructure file, int minSide) {
    if (!(file instanceof JpegHead head)
        || (long) head.width() * head.height() < MIN_REDUCED
        || length > MAX_REDUCED_BYTES) {
      return 1;
    }
    int factor = Math.min(8, Reduction.factor(head.width(), head.height(), minSide));
    return Integer.highestOneBit(factor);
  }

  private PixelRows rows(FileStructure file, int reduction, Map<Integer, PixelRows> decoded)
      throws IOException {
    if (!decoded.containsKey(reduction) && reduction > 1 && file instanceof JpegHead head) {
      check(head.width(), head.height());
      Optional<PixelRows> reduced = head.reduced(length, reduction);
      if (reduced.isEmpty()) {
        return rows(file, 1, decoded);
      }
      decoded.put(reduction, reduced.get());
    }
    if (!decoded.containsKey(reduction)) {
      decoded.put(reduction, withReader(file, reader -> rows(file, reader)));
    }
    return decoded.get(reduction);
  }

  private FileStructure structure() throws IOException {
    return switch (format) {
      case PNG -> PngStructure.of(stream);
      case JPEG -> JpegHead.of(stream, name);
      case GIF -> new GifStructure(stream);
      case BMP -> BmpStructure.of(stream, length, name);
      case TIFF ->
          TiffStructure.of(stream, length < MIN_SHOWN_LENGTH ? MIN_SHOWN_LENGTH : length, name);
      case WEBP -> new WebpStructure(stream, length, MIN_SHOWN_LENGTH);
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
   * Returns whether a warning means that pixels are missing, which the JPEG decoder replaces by
   * gray. Other warnings concern color profiles, or bytes between two segments.
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
      throw new UnreadableImage(name, "has no pixels (" + width + "x" + height + ").");
    }
    if (pixels > MAX_PIXELS) {
      throw new UnreadableImage(
          name, has(width, height) + "; Graft reads up to " + MAX_PIXELS / MEGA + " megapixels.");
    }
    // For an image that fits into memory, the decoder detects missing data.
    if (pixels > MAX_DECODED && !format.canHold(pixels, length)) {
      String such = width + "x" + height + " pixels, the file has " + length + " bytes";
      throw new UnreadableImage(
          name,
          format.packsSingleColor()
              ? ("is damaged, or has a single color (its header states " + such + ");")
                  + (" Graft reads an image of a single color up to " + MAX_DECODED / MEGA)
                  + " megapixels."
              : "is damaged or cut off (its header states " + such + ").");
    }
  }

  /** Returns the size of the stored image, unless it exceeds a limit. */
  private FileStructure.Canvas checked(FileStructure file, ImageReader reader) throws IOException {
    FileStructure.Canvas canvas = file.canvas(reader);
    int width = canvas.width();
    int height = canvas.height();
    check(width, height);
    if (file instanceof JpegHead head
        && head.isOfSeveralScans()
        && (long) width * height > MAX_PROGRESSIVE) {
      throw new UnreadableImage(
          name,
          has(width, height)
              + ("; Graft reads progressive JPEG up to "
                  + MAX_PROGRESSIVE / MEGA
                  + " megapixels."));
    }
    return canvas;
  }

  private void checkScans(JpegHead head) throws IOException {
    long scans = head.isOfSeveralScans() ? head.scans() : 1;
    if (scans * head.width() * head.height() > MAX_SCANNED) {
      throw new UnreadableImage(
          name,
          ("is made of " + scans + " scans of " + head.width() + "x" + head.height())
              + " pixels, which would take too long to decode; save it again with fewer scans.");
    }
  }

  private static String has(int width, int height) {
    return "has " + width + "x" + height + " pixels";
  }

  /** Returns the smallest subsampling factor with which the pixels fit into memory. */
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
