package dev.graft.image;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The segments of a JPEG file before its first scan. The decoder is given only those that it needs:
 * it would apply color profiles to every pixel of the full size, and fail at faulty metadata.
 */
final class JpegHead implements FileStructure {
  private static final int START_OF_IMAGE = 0xd8;
  private static final int END_OF_IMAGE = 0xd9;
  private static final int START_OF_SCAN = 0xda;

  private static final int HUFFMAN = 0xc4;
  private static final int QUANTIZATION = 0xdb;
  private static final int RESTART_INTERVAL = 0xdd;

  // Markers of frames: the lowest of a group, or the only one.
  private static final int BASELINE = 0xc0;
  private static final int EXTENDED = 0xc1;
  private static final int LOSSLESS = 0xc3;
  private static final int HIERARCHICAL = 0xc5;
  private static final int ARITHMETIC = 0xc9;
  private static final int JPEG_LS = 0xf7;

  /** The last two bits of a progressive frame's marker. */
  private static final int PROGRESSIVE = 2;

  private static final int JFIF = 0xe0;
  private static final int EXIF = 0xe1;
  private static final int PROFILE = 0xe2;
  private static final int ADOBE = 0xee;
  private static final String EXIF_NAME = "Exif\0\0";
  private static final String PROFILE_NAME = "ICC_PROFILE\0";

  private final ImageInputStream file;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final SortedMap<Integer, byte[]> profileParts = new TreeMap<>();
  private final List<byte[]> exif = new ArrayList<>();
  private boolean jfif;
  private byte[] frame;
  private int frameMarker;
  private int adobeTransform = -1;
  private long scan;
  private int componentsOfScan;

  private JpegHead(ImageInputStream file) {
    this.file = file;
  }

  /**
   * Reads from the start of a stream.
   *
   * @param name of the file, for messages
   */
  static JpegHead of(ImageInputStream in, String name) throws IOException {
    JpegHead head = new JpegHead(in);
    in.seek(2);
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
    Optional<String> unsupported = head.unsupported();
    if (unsupported.isPresent()) {
      throw UnreadableImage.unsupported(name, unsupported.get());
    }
    return head;
  }

  private static int nextMarker(ImageInputStream in) throws IOException {
    int marker = 0;
    while (marker == 0) {
      int read = in.readUnsignedByte();
      while (read != 0xff) { // bytes between segments are skipped, as in libjpeg
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
    if (isUnused(marker)) {
      in.seek(in.getStreamPosition() + length);
      return;
    }
    byte[] data = FileStructure.next(length, in);
    switch (marker) {
      case EXIF -> {
        if (startsWith(data, EXIF_NAME)) {
          exif.add(data);
        }
      }
      case PROFILE -> {
        int start = PROFILE_NAME.length() + 2; // the part's number, and the number of parts
        if (startsWith(data, PROFILE_NAME) && length > start) {
          profileParts.put(data[start - 2] & 0xff, Arrays.copyOfRange(data, start, length));
        }
      }
      case JFIF -> {
        if (!jfif && startsWith(data, "JFIF\0") && length >= 14) {
          jfif = true;
        }
      }
      case ADOBE -> {
        if (startsWith(data, "Adobe") && length >= 12) {
          adobeTransform = data[11] & 0xff;
        }
      }
      default -> {
        if (frame == null && isStartOfFrame(marker)) {
          if (length < 6 || length < 6 + 3 * (data[5] & 0xff)) {
            throw new IIOException("its size is cut off");
          }
          frame = data;
          frameMarker = marker;
        }
        write(kept, marker, data);
      }
    }
  }

  private static boolean isUnused(int marker) {
    boolean application = marker >= 0xe0 && marker <= 0xef;
    boolean comment = marker == 0xfe;
    return comment || (application && marker > PROFILE && marker != ADOBE);
  }

  private static boolean isStartOfFrame(int marker) {
    return marker == JPEG_LS
        || (marker >= 0xc0
            && marker <= 0xcf
            && marker != 0xc4 // Huffman tables
            && marker != 0xc8
            && marker != 0xcc); // conditions of arithmetic coding
  }

  private static boolean startsWith(byte[] data, String name) {
    return new String(data, 0, Math.min(data.length, name.length()), StandardCharsets.ISO_8859_1)
        .equals(name);
  }

  private static void write(ByteArrayOutputStream out, int marker, byte[] data) {
    out.write(0xff);
    out.write(marker);
    out.write((data.length + 2) >> 8);
    out.write(data.length + 2); // its low byte
    out.writeBytes(data);
  }

  /** Returns the width of the stored image. */
  int width() {
    return ((frame[3] & 0xff) << 8) | (frame[4] & 0xff);
  }

  /** Returns the height of the stored image. */
  int height() {
    return ((frame[1] & 0xff) << 8) | (frame[2] & 0xff);
  }

  int components() {
    return frame[5] & 0xff;
  }

  /** Returns the name of the coding, if Graft does not read it. */
  private Optional<String> unsupported() {
    if (frameMarker == JPEG_LS) {
      return Optional.of("a JPEG-LS file");
    }
    if (frameMarker >= ARITHMETIC) {
      return Optional.of("a JPEG with arithmetic coding");
    }
    if (frameMarker >= HIERARCHICAL) {
      return Optional.of("a hierarchical JPEG");
    }
    return frame[0] == 12 && frameMarker != LOSSLESS
        ? Optional.of("a JPEG with 12 bits per sample")
        : Optional.empty();
  }

  /**
   * Returns how {@link ReducedJpeg} decodes this file; empty if it can't.
   *
   * @throws IndexOutOfBoundsException if a segment is cut off
   */
  Optional<ReducedJpeg.Plan> plan() throws IOException {
    boolean plain = frameMarker == BASELINE || frameMarker == EXTENDED;
    boolean colors = components() == 1 || (components() == 3 && isYcc());
    if (!plain || !colors || frame[0] != 8 || componentsOfScan != components()) {
      return Optional.empty();
    }
    Map<Integer, float[]> quantizations = new HashMap<>();
    Map<Integer, ReducedJpeg.Huffman> codes = new HashMap<>();
    int restart = 0;
    byte[] all = kept.toByteArray();
    for (int at = 0; at < all.length; ) {
      int marker = all[at + 1] & 0xff;
      int end = at + 2 + (((all[at + 2] & 0xff) << 8) | (all[at + 3] & 0xff));
      byte[] segment = Arrays.copyOfRange(all, at + 4, end);
      switch (marker) {
        case QUANTIZATION -> addQuantizations(segment, quantizations);
        case HUFFMAN -> addCodes(segment, codes);
        case RESTART_INTERVAL -> restart = ((segment[0] & 0xff) << 8) | (segment[1] & 0xff);
        default -> {}
      }
      at = end;
    }
    byte[] header = scanHeader();
    ReducedJpeg.Component[] found = new ReducedJpeg.Component[components()];
    for (int i = 0; i < found.length; i++) {
      int sampling = found.length == 1 ? 0x11 : frame[7 + 3 * i] & 0xff;
      int tables = header[2 + 2 * i] & 0xff;
      float[] quantization = quantizations.get(frame[8 + 3 * i] & 0xff);
      ReducedJpeg.Huffman dc = codes.get(tables >> 4);
      ReducedJpeg.Huffman ac = codes.get(0x10 | (tables & 15));
      boolean usual =
          i == 0
              ? sampling == 0x11 || sampling == 0x12 || sampling == 0x21 || sampling == 0x22
              : sampling == 0x11;
      if (!usual
          || header[1 + 2 * i] != frame[6 + 3 * i]
          || quantization == null
          || dc == null
          || ac == null) {
        return Optional.empty();
      }
      found[i] = new ReducedJpeg.Component(sampling >> 4, sampling & 15, quantization, dc, ac);
    }
    return Optional.of(new ReducedJpeg.Plan(width(), height(), found, restart));
  }

  private static void addQuantizations(byte[] segment, Map<Integer, float[]> into) {
    for (int at = 0; at < segment.length; ) {
      boolean wide = (segment[at] & 0xf0) != 0;
      float[] values = new float[64];
      int id = segment[at++] & 15;
      for (int i = 0; i < values.length; i++) {
        values[i] = segment[at++] & 0xff;
        if (wide) {
          values[i] = 256 * values[i] + (segment[at++] & 0xff);
        }
      }
      into.put(id, values);
    }
  }

  /** Adds Huffman codes, by their class (0x10 for AC) and number. */
  private static void addCodes(byte[] segment, Map<Integer, ReducedJpeg.Huffman> into) {
    for (int at = 0; at < segment.length; ) {
      int id = segment[at++] & 0xff;
      int symbols = 0;
      for (int i = 0; i < 16; i++) {
        symbols += segment[at + i] & 0xff;
      }
      int end = at + 16 + symbols;
      if (end > segment.length) {
        throw new IndexOutOfBoundsException("a table is cut off");
      }
      into.put(id, new ReducedJpeg.Huffman(Arrays.copyOfRange(segment, at, end)));
      at = end;
    }
  }

  /** Returns the content of the scan's header, and leaves the file at the data after it. */
  private byte[] scanHeader() throws IOException {
    file.seek(scan + 2);
    return FileStructure.next(file.readUnsignedShort() - 2, file);
  }

  /**
   * Decodes this file at a part of its size.
   *
   * @param length of the file, in bytes
   * @param reduction 2, 4 or 8
   * @return empty if it must be decoded whole
   */
  Optional<PixelRows> reduced(long length, int reduction) throws IOException {
    try {
      Optional<ReducedJpeg.Plan> plan = plan();
      if (plan.isEmpty()) {
        return Optional.empty();
      }
      byte[] data = FileStructure.next((int) (length - file.getStreamPosition()), file);
      return ReducedJpeg.decode(plan.get(), data, reduction);
    } catch (IndexOutOfBoundsException | EOFException e) {
      return Optional.empty();
    }
  }

  /** Returns whether colors are stored as YCbCr, or inks as YCCK, by libjpeg's rules. */
  private boolean isYcc() {
    if (components() == 4) {
      return adobeTransform > 0;
    }
    if (jfif || adobeTransform >= 0) {
      return jfif || adobeTransform > 0;
    }
    return frame[6] != 'R' || frame[9] != 'G' || frame[12] != 'B';
  }

  @Override
  public Canvas canvas(ImageReader reader) {
    return new Canvas(width(), height(), 0, 0);
  }

  @Override
  public PixelRows rows(ImageReader reader, ImageReadParam param, String name) throws IOException {
    if (components() == 4) {
      return PixelRows.inks(reader.readRaster(0, param), isYcc());
    }
    if (components() == 3 && frameMarker != LOSSLESS) {
      int thinning = param.getSourceXSubsampling();
      param.setDestination(
          rgb((width() + thinning - 1) / thinning, (height() + thinning - 1) / thinning));
    }
    return PixelRows.of(reader.read(0, param), name);
  }

  /** Creates an image with red first, as in {@link RgbImage}: decoding is a third faster. */
  private static BufferedImage rgb(int width, int height) {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, 3, null);
    ColorSpace srgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
    return new BufferedImage(
        new ComponentColorModel(srgb, false, false, Transparency.OPAQUE, DataBuffer.TYPE_BYTE),
        raster,
        false,
        null);
  }

  @Override
  public int orientation() {
    return Orientation.of(exif);
  }

  @Override
  public byte[] profile() {
    if (profileParts.isEmpty()) {
      return null;
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    profileParts.values().forEach(whole::writeBytes);
    return whole.toByteArray();
  }

  /**
   * Returns whether the decoder keeps the coefficients of the whole image in memory: for
   * progressive files, and for those whose first scan lacks components.
   */
  boolean isOfSeveralScans() {
    return (frameMarker & 3) == PROGRESSIVE || componentsOfScan < components();
  }

  /** Counts the scans, or a few more, since their marker may also occur in a table. */
  int scans() throws IOException {
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

  /**
   * Returns the file without the segments that the decoder does not need. An Adobe segment replaces
   * all segments that specify the color encoding, because decoders rank these differently.
   */
  @Override
  public ImageInputStream stream() {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    head.write(0xff);
    head.write(START_OF_IMAGE);
    if (components() > 1) {
      byte[] adobe = "Adobe\0\144\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
      adobe[11] = (byte) (components() == 3 && isYcc() ? 1 : 0);
      write(head, ADOBE, adobe);
    }
    head.writeBytes(kept.toByteArray());
    return FileView.of(head.toByteArray(), file, scan);
  }
}
