package dev.graft.image;

import java.awt.image.WritableRaster;
import java.io.IOException;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * The opacity of a lossy WebP frame (the chunk ALPH), which is stored losslessly, or uncompressed,
 * as differences from a prediction by neighbors. Source: the WebP container specification, "Alpha".
 */
final class WebpAlpha {
  private WebpAlpha() {}

  /**
   * Decodes the chunk whose content starts at the stream's position.
   *
   * @return {@code (height, width)}, 255 for opaque
   */
  static byte[] decode(ImageInputStream stream, int width, int height) throws IOException {
    int flags = stream.readUnsignedByte();
    byte[] alpha = new byte[Math.multiplyExact(width, height)];
    switch (flags & 3) {
      case 0 -> stream.readFully(alpha);
      case 1 -> decompress(stream, width, height, alpha);
      default -> throw new IIOException("unknown compression of the opacity");
    }
    unfilter(flags >> 2 & 3, width, alpha);
    return alpha;
  }

  private static void decompress(ImageInputStream stream, int width, int height, byte[] alpha)
      throws IOException {
    WritableRaster colors = LosslessWebp.decode(stream, stream.getStreamPosition(), width, height);
    int[] green = new int[width];
    for (int y = 0; y < height; y++) {
      colors.getSamples(0, y, width, 1, 1, green);
      for (int x = 0; x < width; x++) {
        alpha[y * width + x] = (byte) green[x];
      }
    }
  }

  /** Adds the predictions to the differences. */
  private static void unfilter(int filter, int width, byte[] alpha) {
    for (int i = 1; i < alpha.length && filter != 0; i++) {
      int left = i % width == 0 ? -1 : alpha[i - 1] & 0xff;
      int above = i < width ? -1 : alpha[i - width] & 0xff;
      int prediction;
      if (left < 0 || above < 0) {
        prediction = Math.max(left, above);
      } else if (filter == 3) {
        int corner = alpha[i - width - 1] & 0xff;
        prediction = Math.max(0, Math.min(255, left + above - corner));
      } else {
        prediction = filter == 1 ? left : above;
      }
      alpha[i] += (byte) prediction;
    }
  }
}
