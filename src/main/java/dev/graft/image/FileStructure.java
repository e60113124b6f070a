package dev.graft.image;

import java.io.IOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The parts of an image file: its metadata, and the bytes that its decoder is given. Decoders do
 * not get the metadata, because a fault there would make them reject valid pixels.
 */
interface FileStructure {
  /**
   * Where the first frame of an animation lies.
   *
   * @param left of the frame, in pixels
   * @param top of the frame, in pixels
   */
  record Canvas(int width, int height, int left, int top) {}

  /** Returns the number by which {@link Orientation} turns the image. */
  default int orientation() {
    return Orientation.UPRIGHT;
  }

  /** Returns the embedded ICC profile, or null. */
  default byte[] profile() {
    return null;
  }

  /** Returns the file as its decoder reads it. */
  ImageInputStream stream() throws IOException;

  /** Returns the size of the stored image, before it is turned upright. */
  default Canvas canvas(ImageReader reader) throws IOException {
    return new Canvas(reader.getWidth(0), reader.getHeight(0), 0, 0);
  }

  /**
   * Decodes the first frame.
   *
   * @param name of the file, for messages
   */
  default PixelRows rows(ImageReader reader, ImageReadParam param, String name) throws IOException {
    return PixelRows.of(reader.read(0, param), name);
  }

  /** Reads the next bytes of a file, all of them. */
  static byte[] next(int count, ImageInputStream file) throws IOException {
    byte[] bytes = new byte[count];
    file.readFully(bytes);
    return bytes;
  }
}
