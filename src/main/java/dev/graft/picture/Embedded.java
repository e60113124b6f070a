package dev.graft.picture;

import com.twelvemonkeys.imageio.metadata.CompoundDirectory;
import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.InflaterInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * What PNG, TIFF and WebP files carry beside their pixels. What is broken is as if it were not
 * there.
 *
 * @param orientation see {@link Orientation}
 * @param profile an ICC profile, or null
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Embedded(int orientation, byte[] profile) {
  private static final Embedded NOTHING = new Embedded(Orientation.UPRIGHT, null);

  /** Profiles have kilobytes; those of printers a few megabytes. */
  private static final int MAX_LENGTH = 16 << 20;

  static Embedded in(PictureFormat format, ImageInputStream file) {
    ByteOrder order = file.getByteOrder();
    try {
      return switch (format) {
        case PNG -> inPng(file);
        case TIFF -> inTiff(file);
        case WEBP -> inWebp(file);
        default -> NOTHING;
      };
    } catch (IOException | RuntimeException e) {
      return NOTHING;
    } finally {
      file.setByteOrder(order);
    }
  }

  /** Only what comes before the pixels, so that big files need not be gone through. */
  private static Embedded inPng(ImageInputStream file) throws IOException {
    int orientation = Orientation.UPRIGHT;
    byte[] profile = null;
    file.setByteOrder(ByteOrder.BIG_ENDIAN);
    file.seek(8);
    while (true) {
      int length = file.readInt();
      String kind = name(file);
      long end = file.getStreamPosition() + length + 4;
      if (length < 0 || kind.equals("IDAT") || kind.equals("IEND")) {
        return new Embedded(orientation, profile);
      }
      if (length < MAX_LENGTH && kind.equals("eXIf")) {
        orientation = Orientation.ofExif(bytes(file, length));
      } else if (length < MAX_LENGTH && kind.equals("iCCP")) {
        profile = inflated(bytes(file, length));
      }
      file.seek(end);
    }
  }

  /** A name, a zero, how it is packed (0: deflate), and the profile. */
  private static byte[] inflated(byte[] chunk) {
    int start = 0;
    while (start < chunk.length && chunk[start] != 0) {
      start++;
    }
    start += 2;
    if (start >= chunk.length) {
      return null;
    }
    try (InflaterInputStream in =
        new InflaterInputStream(new ByteArrayInputStream(chunk, start, chunk.length - start))) {
      return in.readNBytes(MAX_LENGTH);
    } catch (IOException e) {
      return null;
    }
  }

  private static Embedded inTiff(ImageInputStream file) throws IOException {
    file.seek(0);
    Directory all = new TIFFReader().read(file);
    Directory first = all instanceof CompoundDirectory several ? several.getDirectory(0) : all;
    Entry profile = first.getEntryById(TIFF.TAG_ICC_PROFILE);
    return new Embedded(
        Orientation.of(first),
        profile != null && profile.getValue() instanceof byte[] bytes ? bytes : null);
  }

  private static Embedded inWebp(ImageInputStream file) throws IOException {
    int orientation = Orientation.UPRIGHT;
    byte[] profile = null;
    file.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    file.seek(4);
    long end = 8 + file.readUnsignedInt();
    file.seek(12);
    while (file.getStreamPosition() + 8 <= end) {
      String kind = name(file);
      long length = file.readUnsignedInt();
      long next = file.getStreamPosition() + length + (length & 1);
      if (next > end) {
        break;
      }
      if (length < MAX_LENGTH && kind.equals("EXIF")) {
        byte[] exif = bytes(file, (int) length);
        boolean named = new String(exif, StandardCharsets.ISO_8859_1).startsWith("Exif\0\0");
        orientation = Orientation.ofExif(named ? Arrays.copyOfRange(exif, 6, exif.length) : exif);
      } else if (length < MAX_LENGTH && kind.equals("ICCP")) {
        profile = bytes(file, (int) length);
      }
      file.seek(next);
    }
    return new Embedded(orientation, profile);
  }

  private static String name(ImageInputStream file) throws IOException {
    return new String(bytes(file, 4), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(ImageInputStream file, int length) throws IOException {
    byte[] bytes = new byte[length];
    file.readFully(bytes);
    return bytes;
  }
}
