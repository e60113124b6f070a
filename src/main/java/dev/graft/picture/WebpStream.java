package dev.graft.picture;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A WebP file as its decoder needs it. Where lossless data end, the decoder goes on with bits of
 * its own, for ever if need be, and an exception for each, which it swallows: a damaged file of 92
 * bytes took 50 seconds, and gave a picture. Therefore a few zeros follow the file, which a sound
 * one is decoded with, and beyond them nothing can be read.
 */
final class WebpStream extends ImageInputStreamImpl {
  /** More than the decoder reads ahead. */
  private static final int ZEROS = 16;

  private static final int FLAGS = 20;
  private static final int HAS_PROFILE = 0x20;

  private final byte[] bytes;

  private WebpStream(byte[] bytes) {
    this.bytes = bytes;
    setByteOrder(ByteOrder.LITTLE_ENDIAN);
  }

  /** Without its profile, which the decoder would apply to each pixel of the full size. */
  static ImageInputStream of(ImageInputStream file, long length) throws IOException {
    byte[] bytes = new byte[Math.addExact(Math.toIntExact(length), ZEROS)];
    file.seek(0);
    file.readFully(bytes, 0, (int) length);
    WebpStream webp = new WebpStream(bytes);
    webp.seek(4);
    if (webp.readUnsignedInt() + 8 > length) {
      throw new EOFException();
    }
    boolean extended = length > FLAGS && bytes[15] == 'X';
    if (extended) {
      bytes[FLAGS] &= ~HAS_PROFILE;
    }
    return webp;
  }

  @Override
  public int read() throws IOException {
    checkEnd();
    bitOffset = 0;
    return bytes[(int) streamPos++] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    checkEnd();
    bitOffset = 0;
    int read = (int) Math.min(length, bytes.length - streamPos);
    System.arraycopy(bytes, (int) streamPos, into, offset, read);
    streamPos += read;
    return read;
  }

  /** Not by an {@link EOFException}: that is what the decoder swallows. */
  private void checkEnd() throws IOException {
    checkClosed();
    if (streamPos >= bytes.length) {
      throw new IIOException("it ends too early");
    }
  }

  /** See {@link RoomyStream}. */
  @Override
  public long length() {
    return Math.max(bytes.length, RoomyStream.LEAST_LENGTH);
  }
}
