package dev.graft.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * The header of a BMP file. Java's decoder reads few of the headers that exist, so it gets a
 * Windows 3 header in place of a shorter or an OS/2 header, or a Windows 4 header if there is
 * transparency. The sizes in bytes are computed, because they are 0 or wrong in many files.
 *
 * @param head the bytes that replace those before {@code rest}
 * @param rest the position in the file after which it is decoded as it is
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record BmpStructure(byte[] head, ImageInputStream file, long rest) implements FileStructure {
  private static final int FILE_HEADER = 14;

  // The kinds of headers, which are known by their sizes in bytes.
  private static final int OS2_1 = 12;
  private static final int OS2_2_SHORTEST = 16;
  private static final int WINDOWS_3 = 40;
  private static final int WITH_ALPHA_MASK = 56;
  private static final int OS2_2 = 64;
  private static final int WINDOWS_4 = 108;
  private static final int WINDOWS_5 = 124;

  // Positions in the file.
  private static final int FILE_SIZE = 2;
  private static final int PIXELS = 10;
  private static final int HEADER_SIZE = 14;
  private static final int WIDTH = 18;
  private static final int BITS = 28;
  private static final int COMPRESSION = 30;
  private static final int IMAGE_SIZE = 34;
  private static final int COLORS_USED = 46;
  private static final int MASKS = 54;
  private static final int ALPHA_MASK = 66;
  private static final int COLOR_SPACE = 70;

  private static final int BITFIELDS = 3;
  private static final int SRGB = 0x73524742;

  /**
   * @param length of the file in bytes
   * @param name of the file, for messages
   */
  static BmpStructure of(ImageInputStream file, long length, String name) throws IOException {
    int size = read(file, HEADER_SIZE, 4).getInt();
    boolean windows = size == WINDOWS_4 || size == WINDOWS_5;
    if (!windows && size != OS2_1 && (size < OS2_2_SHORTEST || size > OS2_2)) {
      throw new IIOException("a header of " + size + " bytes");
    }
    ByteBuffer header = size == OS2_1 ? widened(file) : read(file, 0, FILE_HEADER + size);
    ByteBuffer head = ByteBuffer.allocate(Math.max(MASKS, header.capacity()));
    head.order(ByteOrder.LITTLE_ENDIAN).put(header);
    int compression = head.getInt(COMPRESSION);
    boolean masked = compression == BITFIELDS;
    if ((size < WINDOWS_3 || size == OS2_2) && (masked || compression == 4)) {
      throw UnreadableImage.unsupported(
          name, "an OS/2 bitmap with " + (masked ? "Huffman" : "RLE24") + " compression");
    }

    int palette = FILE_HEADER + size + (masked && size == WINDOWS_3 ? 12 : 0);
    int bytesPerColor = size == OS2_1 ? 3 : 4;
    int bits = head.getShort(BITS);
    int colors = bits < 1 || bits > 8 ? 0 : 1 << bits;
    long pixels = head.getInt(PIXELS) & 0xffffffffL;
    if (pixels == 0) {
      int used = head.getInt(COLORS_USED);
      pixels = palette + (long) bytesPerColor * (used > 0 && used < colors ? used : colors);
    }
    if (pixels < palette) {
      throw new IIOException("its pixels begin in the header");
    }
    colors = (int) Math.min(colors, (pixels - palette) / bytesPerColor);

    if (!windows && masked) {
      head = withMasks(head, file, size);
    } else {
      ByteBuffer start = windows ? head : head.slice(0, MASKS).order(ByteOrder.LITTLE_ENDIAN);
      head = withPalette(start, read(file, palette, bytesPerColor * colors), bytesPerColor);
      head.putInt(HEADER_SIZE, start.capacity() - FILE_HEADER);
    }
    // What may lie between the palette and the pixels is left out.
    head.putInt(PIXELS, head.capacity());
    long total = length - pixels + head.capacity();
    head.putInt(FILE_SIZE, (int) Math.min(Integer.MAX_VALUE, total));
    head.putInt(IMAGE_SIZE, (int) Math.min(Integer.MAX_VALUE, length - pixels));
    byte[] bytes = new byte[head.capacity()];
    head.get(0, bytes);
    return new BmpStructure(bytes, file, pixels);
  }

  private static ByteBuffer read(ImageInputStream file, long position, int count)
      throws IOException {
    file.seek(position);
    return ByteBuffer.wrap(FileStructure.next(count, file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the header of OS/2 1, which has 16 bits per side, with 32 bits as in the others. */
  private static ByteBuffer widened(ImageInputStream file) throws IOException {
    ByteBuffer narrow = read(file, 0, FILE_HEADER + OS2_1);
    return ByteBuffer.allocate(MASKS)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(narrow.slice(0, WIDTH))
        .putInt(narrow.getShort(WIDTH) & 0xffff)
        .putInt(narrow.getShort(WIDTH + 2) & 0xffff)
        .putInt(narrow.getInt(WIDTH + 4)) // planes, and bits per pixel
        .rewind();
  }

  private static ByteBuffer withMasks(ByteBuffer header, ImageInputStream file, int size)
      throws IOException {
    boolean alpha = size >= WITH_ALPHA_MASK && header.getInt(ALPHA_MASK) != 0;
    int newSize = alpha ? WINDOWS_4 : WINDOWS_3;
    ByteBuffer head =
        ByteBuffer.allocate(FILE_HEADER + newSize + (alpha ? 0 : 12))
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(header.slice(0, MASKS))
            .put(read(file, MASKS, alpha ? 16 : 12))
            .putInt(HEADER_SIZE, newSize)
            .putInt(COLORS_USED, 0);
    return alpha ? head.putInt(COLOR_SPACE, SRGB) : head;
  }

  private static ByteBuffer withPalette(ByteBuffer header, ByteBuffer palette, int bytesPerColor) {
    int colors = palette.capacity() / bytesPerColor;
    ByteBuffer head =
        ByteBuffer.allocate(header.capacity() + 4 * colors)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(header.rewind());
    for (int i = 0; i < colors; i++) {
      head.put(palette.slice(i * bytesPerColor, 3)).put((byte) 0);
    }
    return head;
  }

  @Override
  public ImageInputStream stream() {
    return FileView.of(head, file, rest);
  }
}
