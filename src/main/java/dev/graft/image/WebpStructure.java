package dev.graft.image;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** The chunks of a WebP file. */
final class WebpStructure implements FileStructure {
  /**
   * The number of zeros after the file in the decoder's view; the decoder reads fewer ahead. Past
   * the end of lossless data it would continue with invented bits and ignore an exception for each:
   * a damaged file of 92 bytes took 50 seconds and returned an image. After the zeros, reading
   * fails.
   */
  private static final int ZEROS = 16;

  private static final int MAX_CHUNK = 16 << 20;

  /** The largest width or height of lossy data; higher bits of the field scale it for display. */
  private static final int MAX_SIDE = 0x3fff;

  private static final int FLAGS = 20;
  private static final int ANIMATED = 0x02;
  private static final int HAS_EXIF = 0x08;
  private static final int HAS_ALPHA = 0x10;

  /** In the header of lossless data, after 14 bits each for width and height. */
  private static final int LOSSLESS_ALPHA = 1 << 28;

  private static final int HAS_PROFILE = 0x20;

  /** The flags that the decoder sees: animated, XMP, EXIF, alpha; not reserved ones. */
  private static final int DECODED_FLAGS = 0x1e;

  private final ImageInputStream file;
  private final long length;
  private final long statedLength;
  private final long shownLength;
  private final List<byte[]> exif = new ArrayList<>();
  private byte[] profile;
  private boolean extended;
  private int flags;
  private int width;
  private int height;
  private Canvas canvas;

  /** Where the lossy data of the first frame starts; 0 if it is lossless. */
  private long lossy;

  /** Where the lossless data of the first frame starts. */
  private long lossless;

  /** Where its opacity starts; 0 if it is opaque. */
  private long alpha;

  /**
   * @param length of the file in bytes
   * @param shownLength the smallest length that the decoder is given, in bytes
   */
  WebpStructure(ImageInputStream file, long length, long shownLength) throws IOException {
    this.file = file;
    this.length = length;
    this.shownLength = shownLength;
    file.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    file.seek(4);
    statedLength = 8 + file.readUnsignedInt();
    long next = 12;
    while (next + 8 <= statedLength && next >= 0) {
      file.seek(next);
      next = readChunk();
    }
  }

  /** Reads a chunk, and returns the position of the next one, or -1 if there is none. */
  private long readChunk() throws IOException {
    String type;
    long size;
    try {
      type = new String(FileStructure.next(4, file), StandardCharsets.ISO_8859_1);
      size = file.readUnsignedInt();
    } catch (EOFException e) {
      return -1;
    }
    long start = file.getStreamPosition();
    long next = start + size + (size & 1);
    if (type.equals("VP8 ") && lossy == 0) {
      lossy = start;
    }
    if (type.equals("VP8L") && lossless == 0) {
      lossless = start;
    }
    if (start + size > Math.min(statedLength, length)) {
      return -1;
    }
    if (type.equals("VP8X") && start == FLAGS && size >= 10) {
      extended = true;
      flags = file.readInt();
      width = 1 + read24();
      height = 1 + read24();
    } else if (type.equals("ANMF") && (flags & ANIMATED) != 0 && canvas == null && size >= 16) {
      canvas = new Canvas(width, height, 2 * read24(), 2 * read24());
      if (canvas.left() + 1L + read24() > width || canvas.top() + 1L + read24() > height) {
        throw new IIOException("the first frame is larger than the canvas");
      }
      return start + 16; // the chunks inside
    } else if (type.equals("ALPH") && lossy == 0) {
      alpha = start;
    } else if (type.equals("EXIF") && (flags & HAS_EXIF) != 0 && size <= MAX_CHUNK) {
      exif.add(FileStructure.next((int) size, file));
    } else if (type.equals("ICCP") && (flags & HAS_PROFILE) != 0 && size <= MAX_CHUNK) {
      profile = profile == null ? FileStructure.next((int) size, file) : profile;
    }
    return next;
  }

  private int read24() throws IOException {
    return file.readUnsignedShort() | file.readUnsignedByte() << 16;
  }

  @Override
  public int orientation() {
    return Orientation.of(exif);
  }

  @Override
  public byte[] profile() {
    return profile;
  }

  @Override
  public Canvas canvas(ImageReader reader) throws IOException {
    return canvas == null ? FileStructure.super.canvas(reader) : canvas;
  }

  /**
   * Decodes lossy data with libwebp's chroma, and opacity. Opacity in a chunk of its own is ignored
   * if the file's flags do not announce it, as in Pillow.
   */
  @Override
  public PixelRows rows(ImageReader reader, ImageReadParam param, String name) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    int step = param.getSourceXSubsampling();
    ImageInputStream stream = (ImageInputStream) reader.getInput();
    if (lossy == 0) {
      return losslessRows(stream, width, height, step);
    }
    stream.seek(lossy + 6);
    if ((stream.readUnsignedShort() & MAX_SIDE) != width
        || (stream.readUnsignedShort() & MAX_SIDE) != height) {
      throw new IIOException("the frame has another size than its data");
    }
    boolean opaque = alpha == 0 || (extended && (flags & HAS_ALPHA) == 0);
    WritableRaster all =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE,
            (width + step - 1) / step,
            (height + step - 1) / step,
            opaque ? 3 : 4,
            null);
    if (!opaque) {
      stream.seek(alpha);
      byte[] opacity = WebpAlpha.decode(stream, width, height);
      for (int y = 0; y < all.getHeight(); y++) {
        for (int x = 0; x < all.getWidth(); x++) {
          all.setSample(x, y, 3, opacity[y * step * width + x * step]);
        }
      }
    }
    WritableRaster colors =
        all.createWritableChild(0, 0, all.getWidth(), all.getHeight(), 0, 0, new int[] {0, 1, 2});
    stream.seek(lossy);
    try {
      LossyWebp.decode(stream, width, height, step, colors);
    } catch (UnsupportedOperationException e) {
      throw UnreadableImage.unsupported(name, e.getMessage());
    }
    return PixelRows.of(all, 3, opaque ? -1 : 3, false);
  }

  private PixelRows losslessRows(ImageInputStream stream, int width, int height, int step)
      throws IOException {
    stream.seek(lossless + 1);
    int header = stream.readInt();
    if ((header & MAX_SIDE) != width - 1 || (header >> 14 & MAX_SIDE) != height - 1) {
      throw new IIOException("the frame has another size than its data");
    }
    boolean opaque = (header & LOSSLESS_ALPHA) == 0;
    WritableRaster raster =
        LosslessWebp.decode(stream, lossless + LosslessWebp.HEADER, width, height);
    WritableRaster kept =
        Raster.createInterleavedRaster(
            raster.getDataBuffer(),
            (width + step - 1) / step,
            (height + step - 1) / step,
            4 * width * step,
            4 * step,
            new int[] {0, 1, 2, 3},
            null);
    return PixelRows.of(kept, 3, opaque ? -1 : 3, false);
  }

  /**
   * Hides the profile, which the decoder would apply to each pixel of the full size, and lossy data
   * beside opacity.
   */
  @Override
  public ImageInputStream stream() throws IOException {
    if (statedLength > length) {
      throw new EOFException();
    }
    byte[] decodedFlags = {(byte) (flags & DECODED_FLAGS), 0, 0, 0};
    return new FileView(
        (position, into) -> {
          if (position >= length + ZEROS) {
            // Not an EOFException: the decoder swallows those.
            throw new IIOException("it ends too early");
          }
          if (position >= length) {
            int zeros = (int) Math.min(into.length, length + ZEROS - position);
            Arrays.fill(into, 0, zeros, (byte) 0);
            return zeros;
          }
          file.seek(position);
          int read = file.read(into);
          for (int i = 0; extended && i < 4; i++) {
            replace(FLAGS + i - position, decodedFlags[i], into, read);
            replace(lossy - 8 + i - position, (byte) '_', into, read);
          }
          return read;
        },
        Math.max(length + ZEROS, shownLength));
  }

  private static void replace(long at, byte value, byte[] into, int count) {
    if (at >= 0 && at < count) {
      into[(int) at] = value;
    }
  }
}
