package dev.graft.picture;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * What a JPEG file says before its pixels begin. The decoder is given the file without the segments
 * that it does not need ({@link #stripped}): it would apply colour profiles to every pixel of the
 * full size, and stumble over what cameras and editors leave in the others.
 */
final class JpegHead {
  private static final int START_OF_IMAGE = 0xd8;
  private static final int END_OF_IMAGE = 0xd9;
  private static final int START_OF_SCAN = 0xda;
  private static final int LOSSLESS = 0xc3;

  /** The last two bits of a frame's marker. */
  private static final int PROGRESSIVE = 2;

  private static final int JFIF = 0xe0;
  private static final int EXIF = 0xe1;
  private static final int PROFILE = 0xe2;
  private static final int ADOBE = 0xee;
  private static final String EXIF_NAME = "Exif\0\0";
  private static final String PROFILE_NAME = "ICC_PROFILE\0";

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final SortedMap<Integer, byte[]> profileParts = new TreeMap<>();
  private byte[] exif;
  private boolean jfif;
  private byte[] frame;
  private int frameMarker;
  private int adobeTransform = -1;
  private long scan;
  private int componentsOfScan;

  private JpegHead() {}

  /** Reads from the start of a stream. */
  static JpegHead of(ImageInputStream in) throws IOException {
    JpegHead head = new JpegHead();
    in.seek(2);
    head.kept.write(0xff);
    head.kept.write(START_OF_IMAGE);
    int marker = nextMarker(in);
    while (marker != START_OF_SCAN) {
      boolean segment = marker > 0x01 && (marker < 0xd0 || marker > START_OF_IMAGE);
      if (segment) {
        head.add(marker, in);
      }
      marker = nextMarker(in);
    }
    head.scan = in.getStreamPosition() - 2;
    in.readUnsignedShort(); // the segment's length
    head.componentsOfScan = in.readUnsignedByte();
    if (head.frame == null) {
      throw new IIOException("its size is missing");
    }
    return head;
  }

  private static int nextMarker(ImageInputStream in) throws IOException {
    int marker = 0;
    while (marker == 0) {
      int read = in.readUnsignedByte();
      while (read != 0xff) { // what lies between two segments is skipped, as libjpeg does
        read = in.readUnsignedByte();
      }
      while (read == 0xff) {
        read = in.readUnsignedByte();
      }
      marker = read;
    }
    if (marker == END_OF_IMAGE) {
      throw new EOFException();
    }
    return marker;
  }

  private void add(int marker, ImageInputStream in) throws IOException {
    int length = in.readUnsignedShort() - 2;
    if (length < 0) {
      throw new IIOException("a segment has no length");
    }
    if (isOfNoUse(marker)) {
      in.seek(in.getStreamPosition() + length);
      return;
    }
    byte[] data = new byte[length];
    in.readFully(data);
    switch (marker) {
      case EXIF -> {
        if (exif == null && startsWith(data, EXIF_NAME)) {
          exif = Arrays.copyOfRange(data, EXIF_NAME.length(), length);
        }
      }
      case PROFILE -> {
        int start = PROFILE_NAME.length() + 2; // its number, and how many there are
        if (startsWith(data, PROFILE_NAME) && length > start) {
          profileParts.put(data[start - 2] & 0xff, Arrays.copyOfRange(data, start, length));
        }
      }
      case JFIF -> {
        if (!jfif && startsWith(data, "JFIF\0") && length >= 14) {
          jfif = true;
          byte[] withoutThumbnail = Arrays.copyOf(data, 14);
          withoutThumbnail[12] = 0;
          withoutThumbnail[13] = 0;
          keep(marker, withoutThumbnail);
        }
      }
      case ADOBE -> {
        if (startsWith(data, "Adobe") && length >= 12) {
          adobeTransform = data[11] & 0xff;
          keep(marker, data);
        }
      }
      default -> {
        if (frame == null && isStartOfFrame(marker)) {
          if (length < 6 || length < 6 + 3 * data[5]) {
            throw new IIOException("its size is cut off");
          }
          frame = data;
          frameMarker = marker;
        }
        keep(marker, data);
      }
    }
  }

  private static boolean isOfNoUse(int marker) {
    boolean application = marker >= 0xe0 && marker <= 0xef;
    boolean comment = marker == 0xfe;
    return comment || (application && marker > PROFILE && marker != ADOBE);
  }

  private static boolean isStartOfFrame(int marker) {
    return marker >= 0xc0
        && marker <= 0xcf
        && marker != 0xc4 // Huffman tables
        && marker != 0xc8
        && marker != 0xcc; // arithmetic coding
  }

  private static boolean startsWith(byte[] data, String name) {
    return new String(data, 0, Math.min(data.length, name.length()), StandardCharsets.ISO_8859_1)
        .equals(name);
  }

  private void keep(int marker, byte[] data) {
    kept.write(0xff);
    kept.write(marker);
    kept.write((data.length + 2) >> 8);
    kept.write(data.length + 2); // its low byte
    kept.writeBytes(data);
  }

  /** Before the picture is turned. */
  int width() {
    return ((frame[3] & 0xff) << 8) | (frame[4] & 0xff);
  }

  /** Before the picture is turned. */
  int height() {
    return ((frame[1] & 0xff) << 8) | (frame[2] & 0xff);
  }

  int components() {
    return frame[5];
  }

  /** Whether Java's decoder makes RGB of it without looking any further. */
  boolean isCommon() {
    return frameMarker != LOSSLESS
        && components() == 3
        && (jfif || adobeTransform != 0)
        && frame[6] == 1
        && frame[9] == 2
        && frame[12] == 3;
  }

  /** Four components as YCC and black, instead of as cyan, magenta, yellow, and black. */
  boolean isYcck() {
    return adobeTransform == 2;
  }

  /** Adobe's programs, and therefore all others, write 255 for no ink. */
  boolean isInverted() {
    return adobeTransform >= 0;
  }

  int orientation() {
    return exif == null ? Orientation.UPRIGHT : Orientation.ofExif(exif);
  }

  /** Null where there is none. */
  byte[] profile() {
    if (profileParts.isEmpty()) {
      return null;
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    profileParts.values().forEach(whole::writeBytes);
    return whole.toByteArray();
  }

  /**
   * Whether the decoder keeps the whole picture's coefficients, for several scans to add to them:
   * in progressive files, and in others whose first scan has not all components.
   */
  boolean isOfSeveralScans() {
    return (frameMarker & 3) == PROGRESSIVE || componentsOfScan < components();
  }

  /** Counts the scans of a file, or a few more: their marker may also occur in a table. */
  int scans(ImageInputStream file) throws IOException {
    file.seek(scan);
    byte[] some = new byte[1 << 16];
    int scans = 0;
    int before = 0;
    for (int read = file.read(some); read > 0; read = file.read(some)) {
      for (int i = 0; i < read; i++) {
        int now = some[i] & 0xff;
        if (before == 0xff && now == START_OF_SCAN) {
          scans++;
        }
        before = now;
      }
    }
    return scans;
  }

  /** The same file as if it had none of the segments that the decoder does not need. */
  ImageInputStream stripped(ImageInputStream file) {
    byte[] head = kept.toByteArray();
    return new FileView(
        (position, into, offset, length) -> {
          if (position >= head.length) {
            file.seek(scan + position - head.length);
            return file.read(into, offset, length);
          }
          int read = (int) Math.min(length, head.length - position);
          System.arraycopy(head, (int) position, into, offset, read);
          return read;
        },
        -1);
  }
}
