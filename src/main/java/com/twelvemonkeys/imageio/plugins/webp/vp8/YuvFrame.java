package com.twelvemonkeys.imageio.plugins.webp.vp8;

import java.awt.Point;
import java.awt.image.DataBuffer;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.imageio.IIOException;
import javax.imageio.ImageReadParam;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Decodes a VP8 key frame to luma and chroma. TwelveMonkeys' decoder returns only RGB, with each
 * chroma sample repeated in four pixels, and reads a macroblock before the loop filter has
 * processed the neighbors below it and to its right. This class is in the decoder's package because
 * macroblocks are package-private.
 */
public final class YuvFrame {
  private static final int BLOCK = 16;

  /** The bytes of a key frame before its first partition. */
  private static final int HEADER = 10;

  /** Receives the frame, from top to bottom. */
  public interface Listener {
    /**
     * Receives the samples of one row of macroblocks.
     *
     * @param luma {@code (16, 16 * columns)}
     * @param u {@code (8, 8 * columns)}
     * @param v as {@code u}
     */
    void row(byte[] luma, byte[] u, byte[] v);
  }

  /**
   * The loop filter of a frame without segments. The decoder takes the filter level from the
   * segments, so without them it skips this filter unless the frame has level deltas. Source: RFC
   * 6386, sections 9.3, 9.6, 19.2.
   *
   * @param level 0 if there is nothing to filter
   */
  private record LateFilter(int level, boolean simple, int sharpness) {
    private static final int SEGMENTS = 4;

    static LateFilter of(BoolDecoder header) throws IOException {
      header.readLiteral(2); // color space, clamping
      boolean segments = header.readBit() == 1;
      boolean supported = !segments || skipSegments(header);
      boolean simple = header.readBit() == 1;
      int level = header.readLiteral(6);
      int sharpness = header.readLiteral(3);
      boolean deltas = header.readBit() == 1;
      if (level > 0 && segments && (deltas || !supported)) {
        throw new UnsupportedOperationException(
            "a lossy WebP file whose segments have relative filter levels");
      }
      return new LateFilter(segments || deltas ? 0 : level, simple, sharpness);
    }

    /**
     * Skips the segments, and returns whether their levels are absolute, as the decoder assumes.
     */
    private static boolean skipSegments(BoolDecoder header) throws IOException {
      boolean map = header.readBit() == 1;
      boolean data = header.readBit() == 1;
      boolean absolute = data && header.readBit() == 1;
      for (int i = 0; data && i < 2 * SEGMENTS; i++) {
        skipOptional(header, i < SEGMENTS ? 8 : 7); // quantizer, level, with their signs
      }
      for (int i = 0; map && i < SEGMENTS - 1; i++) {
        skipOptional(header, 8); // probability
      }
      return absolute;
    }

    private static void skipOptional(BoolDecoder header, int bits) throws IOException {
      if (header.readBit() == 1) {
        header.readLiteral(bits);
      }
    }

    void apply(MacroBlock block, VP8Frame frame, int x, int y) {
      if (level > 0) {
        block.setFilterLevel(level);
        MacroBlock left = x > 0 ? frame.getMacroBlock(x - 1, y) : null;
        MacroBlock above = y > 0 ? frame.getMacroBlock(x, y - 1) : null;
        LoopFilter.loopFilterBlock(block, left, above, 0, simple, sharpness);
      }
    }
  }

  /**
   * The frame's data. The decoder seeks here after it has set the dequantization factors and before
   * it reads coefficients; it omits the limit on the factor of chroma's DC coefficient, which this
   * class applies. Source: RFC 6386, section 9.6 and the reference decoder's {@code dequant_init}.
   */
  private static final class Partitions extends ImageInputStreamImpl {
    /** The index at which chroma's DC factor reaches its limit, 132. */
    private static final int MAX_INDEX = 117;

    private static final int MAX_FACTOR = 132;

    private final ImageInputStream data;
    private VP8Frame frame;

    Partitions(ImageInputStream data) throws IOException {
      this.data = data;
      streamPos = data.getStreamPosition();
    }

    @Override
    public int read() throws IOException {
      bitOffset = 0;
      int read = data.read();
      streamPos += read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
      bitOffset = 0;
      int read = data.read(into, offset, count);
      streamPos += Math.max(0, read);
      return read;
    }

    @Override
    public long length() {
      try {
        return data.length();
      } catch (IOException e) {
        return -1; // unknown
      }
    }

    @Override
    public void seek(long position) throws IOException {
      data.seek(position);
      super.seek(position);
      if (frame.getSegmentQuants() != null) {
        for (SegmentQuant factors : frame.getSegmentQuants().getSegQuants()) {
          if (factors.getUvdc_delta_q() > MAX_FACTOR) {
            factors.setUvdc_delta_q(MAX_INDEX - factors.getQindex());
          }
        }
      }
    }
  }

  private YuvFrame() {}

  /**
   * Decodes the frame at the stream's position.
   *
   * @param columns the frame's width in macroblocks
   * @param rows its height in macroblocks
   * @throws UnsupportedOperationException if the decoder would filter it incorrectly; the message
   *     is a noun phrase that names the kind of file
   */
  public static void decode(ImageInputStream stream, int columns, int rows, Listener listener)
      throws IOException {
    long start = stream.getStreamPosition();
    LateFilter filter = LateFilter.of(new BoolDecoder(stream, start + HEADER));
    stream.seek(start);
    Partitions partitions = new Partitions(stream);
    VP8Frame frame = new VP8Frame(partitions, false);
    partitions.frame = frame;
    Deque<MacroBlock[]> window = new ArrayDeque<>();
    // Subsampled by 16, the decoder sets one pixel per macroblock, as soon as that is decoded.
    ImageReadParam onePixelPerBlock = new ImageReadParam();
    onePixelPerBlock.setSourceSubsampling(BLOCK, BLOCK, 0, 0);
    WritableRaster blocks =
        new WritableRaster(
            new PixelInterleavedSampleModel(
                DataBuffer.TYPE_BYTE, columns, rows, 1, columns, new int[1]),
            new Point()) {
          @Override
          public void setDataElements(int x, int y, Object pixel) {
            if (x == 0) {
              if (y > 1) { // the row above the previous one will not be filtered again
                pass(window.remove(), listener);
              }
              window.add(new MacroBlock[columns]);
            }
            MacroBlock block = frame.getMacroBlock(x, y);
            filter.apply(block, frame, x, y);
            window.getLast()[x] = block;
          }
        };
    if (!frame.decode(blocks, onePixelPerBlock)) {
      throw new IIOException("not a key frame");
    }
    window.forEach(row -> pass(row, listener));
  }

  private static void pass(MacroBlock[] row, Listener listener) {
    listener.row(
        samples(row, SubBlock.Plane.Y1, BLOCK),
        samples(row, SubBlock.Plane.U, BLOCK / 2),
        samples(row, SubBlock.Plane.V, BLOCK / 2));
  }

  private static byte[] samples(MacroBlock[] row, SubBlock.Plane plane, int side) {
    int width = side * row.length;
    byte[] samples = new byte[side * width];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < width; x += 4) {
        int[][] block = row[x / side].getSubBlock(plane, x % side / 4, y / 4).getDest();
        for (int i = 0; i < 4; i++) {
          samples[y * width + x + i] = (byte) block[i][y % 4];
        }
      }
    }
    return samples;
  }
}
