package dev.graft.image;

import com.twelvemonkeys.imageio.plugins.webp.vp8.YuvFrame;
import java.awt.image.WritableRaster;
import java.io.IOException;
import javax.imageio.stream.ImageInputStream;

/**
 * Converts a lossy WebP frame to RGB as libwebp does, and so Pillow and Chromium: each pixel's
 * chroma is interpolated between the four nearest samples ("fancy upsampling"), in the same
 * fixed-point arithmetic.
 */
final class LossyWebp implements YuvFrame.Listener {
  private static final int BLOCK = 16;

  private final int width;
  private final int height;
  private final int step;
  private final WritableRaster target;
  private final int stride;
  // The rows of the macroblocks being converted, below the last row of those above them.
  private final byte[] luma;
  private final byte[] u;
  private final byte[] v;
  private final byte[] rgb;
  private int top; // of the macroblocks being converted

  private LossyWebp(int width, int height, int step, WritableRaster target) {
    this.width = width;
    this.height = height;
    this.step = step;
    this.target = target;
    stride = BLOCK * blocks(width);
    luma = new byte[(BLOCK + 1) * stride];
    u = new byte[(BLOCK / 2 + 1) * stride / 2];
    v = u.clone();
    rgb = new byte[3 * target.getWidth()];
  }

  /**
   * Decodes the frame at the stream's position.
   *
   * @param step the distance of the pixels to keep, in both directions
   * @param target receives them as red, green and blue
   */
  static void decode(
      ImageInputStream stream, int width, int height, int step, WritableRaster target)
      throws IOException {
    YuvFrame.decode(
        stream, blocks(width), blocks(height), new LossyWebp(width, height, step, target));
  }

  private static int blocks(int length) {
    return (length + BLOCK - 1) / BLOCK;
  }

  @Override
  public void row(byte[] luma, byte[] u, byte[] v) {
    append(luma, this.luma, stride);
    append(u, this.u, stride / 2);
    append(v, this.v, stride / 2);
    // The last row waits for the chroma below it.
    int end = height <= top + BLOCK ? height : top + BLOCK - 1;
    for (int y = Math.max(0, top - 1); y < end; y++) {
      if (y % step == 0) {
        convert(y);
        target.setDataElements(0, y / step, target.getWidth(), 1, rgb);
      }
    }
    top += BLOCK;
  }

  private static void append(byte[] rows, byte[] to, int stride) {
    System.arraycopy(to, to.length - stride, to, 0, stride);
    System.arraycopy(rows, 0, to, stride, rows.length);
  }

  private void convert(int y) {
    int brightness = (1 + y - top) * stride;
    int near = (1 + (y >> 1) - top / 2) * stride / 2;
    int far = (1 + second(y, height) - top / 2) * stride / 2;
    for (int x = 0, to = 0; x < width; x += step, to += 3) {
      int second = second(x, width);
      int gray = scaled(luma[brightness + x] & 0xff, 19077);
      int cb = interpolated(u, near, far, x / 2, second);
      int cr = interpolated(v, near, far, x / 2, second);
      rgb[to] = clip(gray + scaled(cr, 26149) - 14234);
      rgb[to + 1] = clip(gray - scaled(cb, 6419) - scaled(cr, 13320) + 8708);
      rgb[to + 2] = clip(gray + scaled(cb, 33050) - 17685);
    }
  }

  /** Returns the second nearest of the chroma samples, which lie between each two pixels. */
  private static int second(int pixel, int pixels) {
    int sample = pixel % 2 == 0 ? pixel / 2 - 1 : pixel / 2 + 1;
    return Math.max(0, Math.min(sample, (pixels - 1) / 2));
  }

  private static int interpolated(byte[] chroma, int near, int far, int nearest, int second) {
    return (9 * (chroma[near + nearest] & 0xff)
            + 3 * (chroma[near + second] & 0xff)
            + 3 * (chroma[far + nearest] & 0xff)
            + (chroma[far + second] & 0xff)
            + 8)
        >> 4;
  }

  private static int scaled(int value, int factor) {
    return (value * factor) >> 8;
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value >> 6));
  }
}
