package dev.graft.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A view of a file for its decoder; the view may omit some of the bytes, or have another length. It
 * is buffered, because decoders read single bytes. ImageIO's own streams are not used because
 * {@link java.io.File} loses names that the locale cannot encode.
 */
final class FileView extends ImageInputStreamImpl {
  /** Reads bytes at a position; returns the number of bytes read, or -1 at the end. */
  interface Bytes {
    int read(long position, byte[] into) throws IOException;
  }

  private final Bytes bytes;
  private final long length;
  private final byte[] buffer = new byte[1 << 13];
  private long bufferStart;
  private int buffered;

  /**
   * @param length for the decoder, in bytes; -1 if unknown
   */
  FileView(Bytes bytes, long length) {
    this.bytes = bytes;
    this.length = length;
  }

  static FileView of(FileChannel file) throws IOException {
    return new FileView(
        (position, into) -> file.read(ByteBuffer.wrap(into), position), file.size());
  }

  /** Returns a view of the same bytes with another length. */
  static FileView of(ImageInputStream file, long length) {
    return new FileView(
        (position, into) -> {
          file.seek(position);
          return file.read(into);
        },
        length);
  }

  /**
   * Returns a view of a file with another beginning.
   *
   * @param head the bytes that it begins with
   * @param rest the position in the file of what follows
   */
  static FileView of(byte[] head, ImageInputStream file, long rest) {
    return of(head, file, rest, Long.MAX_VALUE, new byte[0]);
  }

  /**
   * Returns a view of a part of a file between other bytes.
   *
   * @param from the position in the file of the first byte after the head
   * @param to the position in the file where the tail begins
   */
  static FileView of(byte[] head, ImageInputStream file, long from, long to, byte[] tail) {
    return new FileView(
        (position, into) -> {
          long inFile = from + position - head.length;
          if (position < head.length) {
            return copy(head, position, into);
          }
          if (inFile >= to) {
            return copy(tail, inFile - to, into);
          }
          file.seek(inFile);
          return file.read(into, 0, (int) Math.min(into.length, to - inFile));
        },
        -1);
  }

  private static int copy(byte[] bytes, long start, byte[] into) {
    int count = (int) Math.min(into.length, bytes.length - start);
    if (count <= 0) {
      return -1;
    }
    System.arraycopy(bytes, (int) start, into, 0, count);
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
    // Loops until all is read, because readInt and similar methods take a short read for the end of
    // the file.
    while (read < count && fill()) {
      int start = (int) (streamPos - bufferStart);
      int some = Math.min(count - read, buffered - start);
      System.arraycopy(buffer, start, into, offset + read, some);
      streamPos += some;
      read += some;
    }
    return read == 0 ? -1 : read;
  }

  /** Fills the buffer at the position; returns whether there is a byte. */
  private boolean fill() throws IOException {
    checkClosed();
    bitOffset = 0;
    if (streamPos < bufferStart || streamPos >= bufferStart + buffered) {
      bufferStart = streamPos;
      buffered = 0; // if reading fails
      buffered = Math.max(0, bytes.read(streamPos, buffer));
    }
    return buffered > 0;
  }

  @Override
  public long length() {
    return length;
  }
}
