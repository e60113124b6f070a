package dev.graft.data.duplicates;

import dev.graft.image.RgbImage;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A coarse view of an image, by which it is found again when rescaled, recompressed or brightened.
 * The hash is Krawetz's difference hash ("Kind of Like That", hackerfactor.com, 2013): whether each
 * cell of a gray image of 9x8 cells is darker than its right neighbor, here by more than noise.
 *
 * @param hash 64 bits, rows from the top, the first cell in the highest bit
 * @param thumbnail gray values 0 to 255 as unsigned bytes, {@code (16, 16)}; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // equals is by content
public record Fingerprint(long hash, byte[] thumbnail) {
  /**
   * Minimum shorter side of the reduced image that a fingerprint is computed from, in pixels, see
   * {@link dev.graft.data.ImageSet#read}. Another reduction would give another fingerprint.
   */
  public static final int MIN_SIDE = 64;

  /** Side of the thumbnail, in pixels. */
  static final int SIDE = 16;

  private static final int COLUMNS = 9;
  private static final int ROWS = 8;

  /** Size of a fingerprint on disk, in bytes. */
  public static final int BYTES = Long.BYTES + SIDE * SIDE;

  /**
   * Gray values by which a cell must be brighter. With Krawetz's 0, noise decides in flat areas: 96
   * of 100 copies in JPEG of quality 50 have a hash within 7 bits; with 4, 299 of 300 (CIFAR-10).
   */
  private static final int NOISE = 4;

  /** Luma of ITU-R BT.601 in 256ths, as JPEG has it. */
  private static final int RED = 77;

  private static final int GREEN = 150;
  private static final int BLUE = 29;

  public Fingerprint {
    if (thumbnail.length != SIDE * SIDE) {
      throw new IllegalArgumentException(
          "a thumbnail has " + SIDE * SIDE + " bytes, was " + thumbnail.length);
    }
  }

  /** Returns the fingerprint of an image, by integer arithmetic: the same on every machine. */
  public static Fingerprint of(RgbImage image) {
    long[] coarse = luma(image, COLUMNS, ROWS);
    long[] fine = luma(image, SIDE, SIDE);
    long area = 256L * image.width() * image.height(); // of a cell, with luma in 256ths
    long hash = 0;
    for (int cell = 0; cell < coarse.length; cell++) {
      if ((cell + 1) % COLUMNS != 0) {
        hash = hash << 1 | (coarse[cell + 1] - coarse[cell] > NOISE * area ? 1 : 0);
      }
    }
    byte[] thumbnail = new byte[SIDE * SIDE];
    for (int cell = 0; cell < thumbnail.length; cell++) {
      thumbnail[cell] = (byte) ((fine[cell] + area / 2) / area);
    }
    return new Fingerprint(hash, thumbnail);
  }

  /** Returns the luma sums of the cells, {@code (rows, columns)}. */
  private static long[] luma(RgbImage image, int columns, int rows) {
    long[] rgb = image.sums(columns, rows);
    long[] luma = new long[columns * rows];
    for (int cell = 0, i = 0; cell < luma.length; cell++, i += 3) {
      luma[cell] = RED * rgb[i] + GREEN * rgb[i + 1] + BLUE * rgb[i + 2];
    }
    return luma;
  }

  /** Writes {@link #BYTES} bytes, in the buffer's byte order. */
  public void writeTo(ByteBuffer buffer) {
    buffer.putLong(hash).put(thumbnail);
  }

  /** Reads what {@link #writeTo} wrote. */
  public static Fingerprint readFrom(ByteBuffer buffer) {
    long hash = buffer.getLong();
    byte[] thumbnail = new byte[SIDE * SIDE];
    buffer.get(thumbnail);
    return new Fingerprint(hash, thumbnail);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Fingerprint that
        && hash == that.hash
        && Arrays.equals(thumbnail, that.thumbnail);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(hash);
  }
}
