package dev.graft.picture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file as its decoder is to see it, which may be without some of its bytes, or longer than it is.
 * With a buffer, since decoders ask for a byte at a time. (By its path, as ImageIO's own streams
 * can't: {@link java.io.File} loses names that the system's locale has no characters for.)
 */
final class FileView extends ImageInputStreamImpl {
  /** Some of the bytes from a position on, as many as read, or -1 at the end. */
  interface Bytes {
    int read(long position, byte[] into, int offset, int length) throws IOException;
  }

  private static final int AT_ONCE = 1 << 16;

  private final Bytes bytes;
  private final long length;
  private final byte[] buffer = new byte[1 << 13];
  private long bufferStart;
  private int buffered;

  /**
   * @param length that the decoder is told; -1 for none
   */
  FileView(Bytes bytes, long length) {
    this.bytes = bytes;
    this.length = length;
  }

  static FileView of(FileChannel file) throws IOException {
    return new FileView(
        (position, into, offset, length) ->
            file.read(ByteBuffer.wrap(into, offset, Math.min(length, AT_ONCE)), position),
        file.size());
  }

  /** The same bytes with another length. */
  static FileView of(ImageInputStream file, long length) {
    return new FileView(
        (position, into, offset, count) -> {
          file.seek(position);
          return file.read(into, offset, count);
        },
        length);
  }

  /**
   * Returns a file with another beginning.
   *
   * @param head the bytes that it begins with
   * @param rest the position in the file of what follows
   */
  static FileView of(byte[] head, ImageInputStream file, long rest) {
    return of(head, file, rest, Long.MAX_VALUE, new byte[0]);
  }

  /**
   * Returns a part of a file with another beginning and end.
   *
   * @param from the position in the file of the first byte after the head
   * @param to the position in the file where the tail begins
   */
  static FileView of(byte[] head, ImageInputStream file, long from, long to, byte[] tail) {
    return new FileView(
        (position, into, offset, length) -> {
          long inFile = from + position - head.length;
          if (position < head.length) {
            return copy(head, position, into, offset, length);
          }
          if (inFile >= to) {
            return copy(tail, inFile - to, into, offset, length);
          }
          file.seek(inFile);
          return file.read(into, offset, (int) Math.min(length, to - inFile));
        },
        -1);
  }

  private static int copy(byte[] bytes, long start, byte[] into, int offset, int length) {
    int count = (int) Math.min(length, bytes.length - start);
    if (count <= 0) {
      return -1;
    }
    System.arraycopy(bytes, (int) start, into, offset, count);
    return count;
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer[(int) (streamPos++ - bufferStart)] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    int read = 0;
    // All that there is, since readInt and others of its kind take less for the end of the file.
    while (read < count && fill()) {
      int start = (int) (streamPos - bufferStart);
      int some = Math.min(count - read, buffered - start);
      System.arraycopy(buffer, start, into, offset + read, some);
      streamPos += some;
      read += some;
    }
    return read == 0 ? -1 : read;
  }

  /** Whether there is a byte at the position: it is in the buffer then. */
  private boolean fill() throws IOException {
    checkClosed();
    bitOffset = 0;
    if (streamPos < bufferStart || streamPos >= bufferStart + buffered) {
      bufferStart = streamPos;
      buffered = 0; // if reading fails
      buffered = Math.max(0, bytes.read(streamPos, buffer, 0, buffer.length));
    }
    return buffered > 0;
  }

  @Override
  public long length() {
    return length;
  }
}
