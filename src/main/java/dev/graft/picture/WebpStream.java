package dev.graft.picture;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * A WebP file as its decoder needs it. Where lossless data end, the decoder goes on with bits of
 * its own, for ever if need be, and an exception for each, which it swallows: a damaged file of 92
 * bytes took 50 seconds, and gave a picture. Therefore a few zeros follow the file, which a sound
 * one is decoded with, and beyond them nothing can be read.
 */
final class WebpStream {
  /** More than the decoder reads ahead. */
  private static final int ZEROS = 16;

  private static final int FLAGS = 20;
  private static final int HAS_PROFILE = 0x20;

  private WebpStream() {}

  /**
   * Without its profile, which the decoder would apply to each pixel of the full size.
   *
   * @param shown the length that the decoder is told, at least
   */
  static ImageInputStream of(ImageInputStream file, long length, long shown) throws IOException {
    byte[] bytes = new byte[Math.addExact(Math.toIntExact(length), ZEROS)];
    file.seek(0);
    file.readFully(bytes, 0, (int) length);
    long stated = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xffffffffL;
    if (stated + 8 > length) {
      throw new EOFException();
    }
    boolean extended = length > FLAGS && bytes[15] == 'X';
    if (extended) {
      bytes[FLAGS] &= ~HAS_PROFILE;
    }
    return new FileView(
        (position, into, offset, count) -> {
          if (position >= bytes.length) {
            // Not an EOFException: that is what the decoder swallows.
            throw new IIOException("it ends too early");
          }
          int read = (int) Math.min(count, bytes.length - position);
          System.arraycopy(bytes, (int) position, into, offset, read);
          return read;
        },
        Math.max(bytes.length, shown));
  }
}
