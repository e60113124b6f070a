package dev.graft.data.duplicates;

import dev.graft.picture.Picture;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a picture looks like from afar, to find it again rescaled, recompressed or brightened. The
 * hash is the difference hash of Krawetz ("Kind of Like That", hackerfactor.com, 2013): whether
 * each cell of a grey picture of 9x8 cells is darker than its neighbour to the right, here by more
 * than noise.
 *
 * @param hash 64 bits, rows from the top, the first cell in the highest bit
 * @param thumbnail grey values 0..255 as unsigned bytes, {@code (16, 16)}; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // equals is by content
public record Fingerprint(long hash, byte[] thumbnail) {
  /**
   * Pictures are reduced so far before, see {@link dev.graft.data.ImageSet#read}, whoever reads
   * them and for whatever else: of another reduction, the fingerprint would be another.
   */
  public static final int LEAST = 64;

  /** Of the thumbnail, in pixels. */
  static final int SIDE = 16;

  private static final int COLUMNS = 9;
  private static final int ROWS = 8;

  /** How many bytes a fingerprint takes on disk. */
  public static final int BYTES = Long.BYTES + SIDE * SIDE;

  /**
   * By how many grey values a cell must be brighter. Krawetz has 0, with which the noise of flat
   * ground decides: then 96 of 100 copies in JPEG of quality 50 have a hash within 7 bits, with 4
   * it is all but one in 300 (CIFAR-10).
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

  /** The fingerprint of a picture, in whole numbers throughout: the same on every machine. */
  public static Fingerprint of(Picture picture) {
    long[] coarse = luma(picture, COLUMNS, ROWS);
    long[] fine = luma(picture, SIDE, SIDE);
    long area = 256L * picture.width() * picture.height(); // of a cell, with luma in 256ths
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

  /** Sums over cells, {@code (rows, columns)}. */
  private static long[] luma(Picture picture, int columns, int rows) {
    long[] rgb = picture.sums(columns, rows);
    long[] luma = new long[columns * rows];
    for (int cell = 0, i = 0; cell < luma.length; cell++, i += 3) {
      luma[cell] = RED * rgb[i] + GREEN * rgb[i + 1] + BLUE * rgb[i + 2];
    }
    return luma;
  }

  /** Puts {@link #BYTES} bytes, in the buffer's byte order. */
  public void writeTo(ByteBuffer buffer) {
    buffer.putLong(hash).put(thumbnail);
  }

  /** Takes what {@link #writeTo} put. */
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

  @Override
  public String toString() {
    return "Fingerprint[" + Long.toHexString(hash) + "]";
  }
}
