package dev.graft.picture;

import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;

/** How a picture is to be turned, by its EXIF number: 1 upright, to 8. */
final class Orientation {
  static final int UPRIGHT = 1;

  private Orientation() {}

  /** Of a block of EXIF data, which is a TIFF file without pixels; upright where it is broken. */
  static int ofExif(byte[] exif) {
    try {
      return of(new TIFFReader().read(new ByteArrayImageInputStream(exif)));
    } catch (IOException | RuntimeException e) {
      return UPRIGHT;
    }
  }

  static int of(Directory directory) {
    Entry entry = directory.getEntryById(TIFF.TAG_ORIENTATION);
    int number =
        entry != null && entry.getValue() instanceof Number value ? value.intValue() : UPRIGHT;
    return number >= 1 && number <= 8 ? number : UPRIGHT;
  }

  /** Whether rows become columns. This comes after both mirrorings. */
  static boolean isTransposed(int orientation) {
    return orientation >= 5;
  }

  /** Whether left and right change places, as the picture is stored. */
  static boolean mirrorsRows(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  }

  /** Whether top and bottom change places, as the picture is stored. */
  static boolean mirrorsColumns(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  }
}
