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

/**
 * Decodes a VP8 key frame to luma and chroma. TwelveMonkeys' decoder gives out only RGB: with each
 * chroma sample repeated in four pixels, and without the changes that the loop filter makes later,
 * when it comes to the neighbors below and on the right. This class is in its package because the
 * macroblocks are package-private.
 */
public final class YuvFrame {
  private static final int BLOCK = 16;

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

  private YuvFrame() {}

  /**
   * Decodes the frame at the stream's position.
   *
   * @param columns the frame's width in macroblocks
   * @param rows its height in macroblocks
   */
  public static void decode(ImageInputStream stream, int columns, int rows, Listener listener)
      throws IOException {
    VP8Frame frame = new VP8Frame(stream, false);
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
            window.getLast()[x] = frame.getMacroBlock(x, y);
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
