package dev.graft.picture;

import java.io.IOException;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file that pretends to be longer than it is. TwelveMonkeys' decoders refuse a file that would
 * grow more than 512-fold (TIFF) or 2048-fold (WebP), and so they refuse a blank page, or a sheet
 * of one colour. What fits into memory need not be refused ({@link PictureSource} sees to the
 * rest), and where there is less in the file than there must be, reading ends where the file does.
 */
final class RoomyStream extends ImageInputStreamImpl {
  /** What those may be held in, at the least, that are not too large for memory: 64 bits each. */
  static final long LEAST_LENGTH = PictureSource.MAX_DECODED * 8L / 512;

  private final ImageInputStream file;

  private RoomyStream(ImageInputStream file) {
    this.file = file;
  }

  static ImageInputStream of(ImageInputStream file, long length) {
    return length < LEAST_LENGTH ? new RoomyStream(file) : file;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    checkClosed();
    bitOffset = 0;
    file.seek(streamPos);
    int read = file.read(into, offset, length);
    streamPos += Math.max(read, 0);
    return read;
  }

  @Override
  public long length() {
    return LEAST_LENGTH;
  }
}
