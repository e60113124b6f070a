package dev.graft.image;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes images of any size, row by row, with little memory. */
final class Png {
  /** Bits per sample, and the color type of PNG. */
  static final byte[] RGB = {8, 2};

  static final byte[] DEEP_RGBA = {16, 6};

  private Png() {}

  /**
   * @param kind {@link #RGB} or {@link #DEEP_RGBA}
   * @param rows the samples of a row
   */
  static void write(Path file, int width, int height, byte[] kind, IntFunction<byte[]> rows)
      throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeLong(0x89504e470d0a1a0aL);
      ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height).put(kind);
      chunk(out, "IHDR", header.array(), 13);
      Deflater deflater = new Deflater(Deflater.BEST_SPEED);
      byte[] packed = new byte[1 << 16];
      for (int y = 0; y < height; y++) {
        deflater.setInput(new byte[1]); // its filter
        pack(deflater, out, packed);
        deflater.setInput(rows.apply(y));
        pack(deflater, out, packed);
      }
      deflater.finish();
      pack(deflater, out, packed);
      deflater.end();
      chunk(out, "IEND", new byte[0], 0);
    }
  }

  private static void pack(Deflater deflater, DataOutputStream out, byte[] packed)
      throws IOException {
    int length = deflater.deflate(packed);
    while (length > 0) {
      chunk(out, "IDAT", packed, length);
      length = deflater.deflate(packed);
    }
  }

  static void chunk(DataOutputStream out, String kind, byte[] data, int length) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(kind.getBytes(StandardCharsets.ISO_8859_1));
    crc.update(data, 0, length);
    out.writeInt(length);
    out.write(kind.getBytes(StandardCharsets.US_ASCII));
    out.write(data, 0, length);
    out.writeInt((int) crc.getValue());
  }
}
