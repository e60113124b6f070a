package dev.graft.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The EXIF orientation of an image: 1 is upright; 2 to 8 are turned, mirrored or both. */
final class Orientation {
  static final int UPRIGHT = 1;

  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};
  private static final int TIFF_VERSION = 42;
  private static final int TAG = 0x112;

  private Orientation() {}

  /** Returns the orientation in the first block that has a valid one, or {@link #UPRIGHT}. */
  static int of(List<byte[]> exifBlocks) {
    return exifBlocks.stream()
        .mapToInt(Orientation::find)
        .filter(Orientation::isValid)
        .findFirst()
        .orElse(UPRIGHT);
  }

  static boolean isValid(long orientation) {
    return orientation >= 1 && orientation <= 8;
  }

  /**
   * Finds the orientation in a block of EXIF data, or returns 0. Reads the entries of the first
   * directory only: the second describes the thumbnail. Faults in other entries don't matter, and
   * of a directory that is cut off, the entries before the cut count.
   */
  private static int find(byte[] exif) {
    int start = 0;
    while (ByteBuffer.wrap(exif, start, Math.min(EXIF.length, exif.length - start))
        .equals(ByteBuffer.wrap(EXIF))) {
      start += EXIF.length;
    }
    ByteBuffer tiff = ByteBuffer.wrap(exif, start, exif.length - start).slice();
    try {
      int order = tiff.getShort(0);
      if (order != 0x4949 && order != 0x4d4d) { // "II", "MM"
        return 0;
      }
      tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      if (tiff.getShort(2) != TIFF_VERSION) {
        return 0;
      }
      int directory = tiff.getInt(4);
      int entries = tiff.getShort(directory) & 0xffff;
      for (int i = 0; i < entries; i++) {
        int entry = directory + 2 + 12 * i;
        int type = tiff.getShort(entry + 2);
        int count = tiff.getInt(entry + 4);
        boolean twoShorts = count == 2 && (type == 3 || type == 8); // as Pillow, takes the first
        if ((tiff.getShort(entry) & 0xffff) == TAG && (count == 1 || twoShorts)) {
          return switch (type) {
            case 3, 8 -> tiff.getShort(entry + 8); // SHORT, SSHORT
            case 4, 9 -> tiff.getInt(entry + 8); // LONG, SLONG
            default -> 0;
          };
        }
      }
      return 0;
    } catch (IndexOutOfBoundsException e) {
      return 0;
    }
  }

  /** Returns whether rows become columns, after both mirrorings. */
  static boolean isTransposed(int orientation) {
    return orientation >= 5;
  }

  /** Returns whether left and right of the stored image change places. */
  static boolean mirrorsRows(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  }

  /** Returns whether top and bottom of the stored image change places. */
  static boolean mirrorsColumns(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  }
}
