package dev.graft.image;

import com.twelvemonkeys.imageio.plugins.webp.lossless.VP8LDecoder;
import java.awt.Point;
import java.awt.image.DataBuffer;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import javax.imageio.stream.ImageInputStream;

/**
 * Decodes the lossless format of WebP. An index beyond the end of a palette means transparent
 * black, which libwebp leaves out of palettes; the decoder takes the last color for it. Source:
 * "WebP Lossless Bitstream Specification", section 4.4.
 */
final class LosslessWebp {
  /** The bytes before the transforms: signature, size, version. */
  static final int HEADER = 5;

  /** The largest palette whose indices are packed into fewer bits. */
  private static final int MAX_PACKED = 16;

  private static final int BANDS = 4;

  private LosslessWebp() {}

  /**
   * Decodes an image.
   *
   * @param start where the transforms are, behind the header
   * @return red, green, blue and opacity
   */
  static WritableRaster decode(ImageInputStream stream, long start, int width, int height)
      throws IOException {
    stream.seek(start);
    int bits = stream.readUnsignedByte();
    bits |= stream.readUnsignedByte() << 8;
    boolean palette = (bits & 7) == 7; // a transform, and that is color indexing
    int colors = 1 + (bits >> 3 & 0xff);
    WritableRaster raster =
        palette && colors > MAX_PACKED
            ? new Indexed(width, height, colors)
            : Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, BANDS, null);
    stream.seek(start - HEADER);
    new VP8LDecoder(stream, false).readVP8Lossless(raster, true, null, width, height);
    return raster;
  }

  /** Gets colors in place of indices, each after its index was read. */
  private static final class Indexed extends WritableRaster {
    private final int colors;
    private int index;

    Indexed(int width, int height, int colors) {
      super(
          new PixelInterleavedSampleModel(
              DataBuffer.TYPE_BYTE, width, height, BANDS, BANDS * width, new int[] {0, 1, 2, 3}),
          new Point());
      this.colors = colors;
    }

    @Override
    public int getSample(int x, int y, int band) {
      index = super.getSample(x, y, band);
      return index;
    }

    @Override
    public void setDataElements(int x, int y, Object pixel) {
      super.setDataElements(x, y, index < colors ? pixel : new byte[BANDS]);
    }
  }
}
