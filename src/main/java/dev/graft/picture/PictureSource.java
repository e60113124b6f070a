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
    if (format == PictureFormat.JPEG) {
      JpegHead head = JpegHead.of(stream);
      check(head);
      return header(head.width(), head.height(), head.orientation());
    }
    int orientation = Embedded.in(format, stream).orientation();
    return withReader(
        stream,
        reader -> {
          Canvas canvas = canvas(reader);
          return header(canvas.width, canvas.height, orientation);
        });
  }

  private PictureReader.Header header(int width, int height, int orientation) {
    check(width, height);
    return Orientation.isTransposed(orientation)
        ? new PictureReader.Header(format.name(), height, width)
        : new PictureReader.Header(format.name(), width, height);
  }

  /** The picture in several reductions, decoded once. */
  List<Picture> read(int... leasts) throws IOException {
    if (format == PictureFormat.JPEG) {
      JpegHead head = JpegHead.of(stream);
      check(head);
      checkScans(head);
      PixelRows rows = withReader(head.stripped(stream), reader -> jpegRows(reader, head));
      return finished(rows, leasts, head.orientation(), head.profile());
    }
    Embedded embedded = Embedded.in(format, stream);
    ImageInputStream input =
        switch (format) {
          case TIFF -> length < ROOMY ? FileView.of(stream, ROOMY) : stream;
          case WEBP -> WebpStream.of(stream, length, ROOMY);
          default -> stream;
        };
    PixelRows rows = withReader(input, this::rows);
    return finished(rows, leasts, embedded.orientation(), embedded.profile());
  }

  private static List<Picture> finished(
      PixelRows rows, int[] leasts, int orientation, byte[] profile) {
    return IntStream.of(leasts)
        .map(least -> Reduction.factor(rows.width, rows.height, least))
        .mapToObj(factor -> ColourProfile.toSrgb(Reduction.of(rows, factor, orientation), profile))
        .toList();
  }

  private interface Use<T> {
    T of(ImageReader reader) throws IOException;
  }

  private <T> T withReader(ImageInputStream input, Use<T> use) throws IOException {
    ImageReader reader = format.newReader();
    try {
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

  private void check(JpegHead head) {
    check(head.width(), head.height());
    if (head.isOfSeveralScans() && (long) head.width() * head.height() > MAX_KEPT) {
      throw new Unreadable(
          name,
          has(head.width(), head.height())
              + ("; Graft reads progressive JPEG up to " + MAX_KEPT / MEGA + " megapixels."));
    }
  }

  private void checkScans(JpegHead head) throws IOException {
    long scans = head.isOfSeveralScans() ? head.scans(stream) : 1;
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

  private PixelRows jpegRows(ImageReader reader, JpegHead head) throws IOException {
    int thinning = thinning(head.width(), head.height());
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceSubsampling(thinning, thinning, 0, 0);
    if (head.components() == 4) {
      return PixelRows.inks(reader.readRaster(0, param), head);
    }
    if (head.isCommon()) {
      param.setDestination(rgb(thinned(head.width(), thinning), thinned(head.height(), thinning)));
    }
    return PixelRows.of(reader.read(0, param), name);
  }

  /**
   * An image as {@link Picture} has it, where Java's own images have blue first: a third faster.
   */
  private static BufferedImage rgb(int width, int height) {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, 3, null);
    ColorSpace srgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
    return new BufferedImage(
        new ComponentColorModel(srgb, false, false, Transparency.OPAQUE, DataBuffer.TYPE_BYTE),
        raster,
        false,
        null);
  }

  private PixelRows rows(ImageReader reader) throws IOException {
    Canvas canvas = canvas(reader);
    check(canvas.width, canvas.height);
    check(reader.getWidth(0), reader.getHeight(0));
    int thinning = thinning(canvas.width, canvas.height);
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceSubsampling(thinning, thinning, 0, 0);
    if (format == PictureFormat.TIFF) {
      param.setDestinationType(reader.getRawImageType(0)); // it would convert colours
    }
    PixelRows frame = PixelRows.of(reader.read(0, param), name);
    int width = thinned(canvas.width, thinning);
    int height = thinned(canvas.height, thinning);
    return frame.width == width && frame.height == height
        ? frame
        : frame.within(width, height, canvas.left / thinning, canvas.top / thinning);
  }

  /**
   * Where the first frame of an animation lies.
   *
   * @param left of the frame
   * @param top of the frame
   */
  private record Canvas(int width, int height, int left, int top) {}

  private Canvas canvas(ImageReader reader) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if (format != PictureFormat.GIF) {
      return new Canvas(width, height, 0, 0);
    }
    Node screen = reader.getStreamMetadata().getAsTree("javax_imageio_gif_stream_1.0");
    Node frame = reader.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0");
    int left = number(frame, "ImageDescriptor", "imageLeftPosition");
    int top = number(frame, "ImageDescriptor", "imageTopPosition");
    int screenWidth = number(screen, "LogicalScreenDescriptor", "logicalScreenWidth");
    int screenHeight = number(screen, "LogicalScreenDescriptor", "logicalScreenHeight");
    return new Canvas(
        Math.max(screenWidth, left + width), Math.max(screenHeight, top + height), left, top);
  }

  private static int number(Node tree, String element, String attribute) {
    Node found = ((Element) tree).getElementsByTagName(element).item(0);
    return found == null ? 0 : Integer.parseInt(((Element) found).getAttribute(attribute));
  }
}
