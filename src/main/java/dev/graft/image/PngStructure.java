package dev.graft.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The chunks of a PNG file. Java's decoder is given the header, the palette with its transparency,
 * and the pixels, because it parses all other chunks, too, and fails at the first odd one. As
 * libpng does, this ignores an ancillary chunk that is malformed, misplaced or repeated.
 */
final class PngStructure implements FileStructure {
  private static final int MAX_CHUNK = 16 << 20;
  private static final int MAX_PROFILE = 16 << 20;

  /** The last chunk: no content, and its checksum. */
  private static final byte[] END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, -126};

  private static final int GRAY = 0;
  private static final int RGB = 2;
  private static final int PALETTE = 3;

  private final ImageInputStream file;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final List<byte[]> exif = new ArrayList<>();
  private int bits;
  private int colorType = -1;
  private boolean hasPalette;
  private boolean hasTransparency;
  private int[] transparentColor;
  private byte[] profile;
  private long pixels = -1;
  private long pixelsEnd = -1;

  private PngStructure(ImageInputStream file) {
    this.file = file;
  }

  static PngStructure of(ImageInputStream file) throws IOException {
    PngStructure structure = new PngStructure(file);
    file.setByteOrder(ByteOrder.BIG_ENDIAN);
    file.seek(0);
    structure.keep(8); // the signature
    try {
      long next = file.getStreamPosition();
      while (next >= 0) {
        file.seek(next);
        next = structure.readChunk();
      }
    } catch (EOFException e) {
      // What is missing at the end of the file may not matter; the decoder notices if it does.
    }
    return structure;
  }

  /** Reads a chunk, and returns the position of the next one, or -1 if there is none. */
  private long readChunk() throws IOException {
    long start = file.getStreamPosition();
    int length = file.readInt();
    String type = new String(FileStructure.next(4, file), StandardCharsets.ISO_8859_1);
    if (length < 0 || type.equals("IEND")) {
      return -1;
    }
    long next = start + 12 + length;
    if (type.equals("IDAT")) {
      pixels = pixels < 0 ? start : pixels;
      pixelsEnd = pixelsEnd < 0 || pixelsEnd == start ? next : pixelsEnd;
    } else if (length <= MAX_CHUNK) {
      readChunk(type, length, start);
    }
    return next;
  }

  private void readChunk(String type, int length, long start) throws IOException {
    boolean beforePixels = pixels < 0;
    switch (type) {
      case "IHDR" -> {
        if (colorType < 0 && length == 13) {
          byte[] data = FileStructure.next(length, file);
          bits = data[8];
          colorType = data[9];
          keepChunk(start, length);
        }
      }
      case "PLTE" -> {
        if (colorType == PALETTE && !hasPalette && beforePixels) {
          if (checkedBytes(type, length) == null) {
            throw new IIOException("the palette is damaged");
          }
          hasPalette = true;
          keepChunk(start, length);
        }
      }
      case "tRNS" -> {
        if (!hasTransparency && beforePixels) {
          readTransparency(checkedBytes(type, length), start);
        }
      }
      case "iCCP" -> {
        if (profile == null && beforePixels) {
          profile = inflated(checkedBytes(type, length));
        }
      }
      case "eXIf" -> {
        byte[] data = checkedBytes(type, length);
        if (data != null) {
          exif.add(data);
        }
      }
      default -> {}
    }
  }

  private void readTransparency(byte[] data, long start) throws IOException {
    int length = data == null ? 0 : data.length;
    if (colorType == PALETTE && hasPalette && length > 0) {
      hasTransparency = true;
      keepChunk(start, length);
    } else if ((colorType == GRAY && length == 2) || (colorType == RGB && length == 6)) {
      hasTransparency = true;
      ByteBuffer samples = ByteBuffer.wrap(data);
      transparentColor = new int[length / 2];
      for (int i = 0; i < transparentColor.length; i++) {
        transparentColor[i] = samples.getShort() & ((1 << bits) - 1); // higher bits don't count
      }
    }
  }

  /** Returns the content of a chunk, or null if its checksum is wrong. */
  private byte[] checkedBytes(String type, int length) throws IOException {
    byte[] data = FileStructure.next(length, file);
    CRC32 crc = new CRC32();
    crc.update(type.getBytes(StandardCharsets.ISO_8859_1));
    crc.update(data);
    return file.readInt() == (int) crc.getValue() ? data : null;
  }

  private void keepChunk(long start, int length) throws IOException {
    file.seek(start);
    keep(12 + length);
  }

  private void keep(int length) throws IOException {
    kept.writeBytes(FileStructure.next(length, file));
  }

  /** Unpacks the profile behind a name, a zero and the number of the compression (0: deflate). */
  private static byte[] inflated(byte[] chunk) {
    int start = 0;
    while (chunk != null && start < chunk.length && chunk[start] != 0) {
      start++;
    }
    start += 2;
    if (chunk == null || start >= chunk.length) {
      return null;
    }
    try (InflaterInputStream in =
        new InflaterInputStream(new ByteArrayInputStream(chunk, start, chunk.length - start))) {
      return in.readNBytes(MAX_PROFILE);
    } catch (IOException e) {
      return null;
    }
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
  public ImageInputStream stream() {
    return FileView.of(kept.toByteArray(), file, pixels, pixelsEnd, END);
  }

  @Override
  public PixelRows rows(ImageReader reader, ImageReadParam param, String name) throws IOException {
    BufferedImage image = reader.read(0, param);
    PixelRows rows = PixelRows.of(image, name);
    return transparentColor == null ? rows : rows.without(transparentColor, image.getRaster());
  }
}
