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
    int width = picture.width();
    int height = picture.height();
    Boxes coarse = new Boxes(width, height, COLUMNS, ROWS);
    Boxes fine = new Boxes(width, height, SIDE, SIDE);
    byte[] rgb = picture.rgb();
    // luma of the pixels to the left of x, in 256ths
    long[] before = new long[width + 1];
    for (int y = 0, i = 0; y < height; y++) {
      long sum = 0;
      for (int x = 0; x < width; x++, i += 3) {
        sum += RED * (rgb[i] & 0xff) + GREEN * (rgb[i + 1] & 0xff) + BLUE * (rgb[i + 2] & 0xff);
        before[x + 1] = sum;
      }
      coarse.addRow(y, before);
      fine.addRow(y, before);
    }
    long area = 256L * width * height; // of a cell, with luma in 256ths
    long hash = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column + 1 < COLUMNS; column++) {
        int cell = row * COLUMNS + column;
        hash = hash << 1 | (coarse.sums[cell + 1] - coarse.sums[cell] > NOISE * area ? 1 : 0);
      }
    }
    byte[] thumbnail = new byte[SIDE * SIDE];
    for (int cell = 0; cell < thumbnail.length; cell++) {
      thumbnail[cell] = (byte) ((fine.sums[cell] + area / 2) / area);
    }
    return new Fingerprint(hash, thumbnail);
  }

  /**
   * Sums over equal boxes that cover a picture, border pixels shared between boxes by area. A pixel
   * counts {@code columns * rows} times over all, so that shares are whole numbers.
   */
  private static final class Boxes {
    private final int height;
    private final int columns;
    private final int rows;

    /** The pixel that each box's right edge cuts, or lies before. */
    private final int[] cut;

    /** How many of that pixel's shares lie to the left of the edge. */
    private final int[] rest;

    private final long[] inRow;

    /** {@code (rows, columns)}, each over an area of {@code width * height} shares. */
    final long[] sums;

    Boxes(int width, int height, int columns, int rows) {
      this.height = height;
      this.columns = columns;
      this.rows = rows;
      this.cut = new int[columns];
      this.rest = new int[columns];
      for (int column = 0; column < columns; column++) {
        // A box is width shares wide and height shares high, a pixel columns by rows.
        long edge = (column + 1L) * width;
        cut[column] = (int) (edge / columns);
        rest[column] = (int) (edge % columns);
      }
      this.inRow = new long[columns];
      this.sums = new long[columns * rows];
    }

    void addRow(int y, long[] before) {
      long left = 0;
      for (int column = 0; column < columns; column++) {
        int x = cut[column];
        long right = columns * before[x];
        if (rest[column] > 0) {
          right += rest[column] * (before[x + 1] - before[x]);
        }
        inRow[column] = right - left;
        left = right;
      }
      long top = (long) y * rows;
      long bottom = top + rows;
      for (int row = (int) (top / height); (long) row * height < bottom; row++) {
        long share = Math.min(bottom, (row + 1L) * height) - Math.max(top, (long) row * height);
        for (int column = 0; column < columns; column++) {
          sums[row * columns + column] += share * inRow[column];
        }
      }
    }
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
