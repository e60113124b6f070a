package dev.graft.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.util.Arrays;

/**
 * A decoded image, row by row, as 8-bit samples. It has 1 channel (gray), 3 (RGB), or 4 (CMYK, 0
 * for no ink), and transparency has become white. Samples bypass Java's color models, which would
 * take gray for linear and convert it.
 */
abstract class PixelRows {
  final int width;
  final int height;
  final int channels;

  PixelRows(int width, int height, int channels) {
    this.width = width;
    this.height = height;
    this.channels = channels;
  }

  /**
   * @param row {@code (width, channels)}
   */
  abstract void read(int y, byte[] row);

  /** Returns the array with all rows, if there is one, or null. */
  byte[] whole() {
    return null;
  }

  /** Returns these rows as a part of a larger image, filled up as by Pillow. */
  PixelRows within(int width, int height, int left, int top) {
    PixelRows frame = this;
    byte[] inner = new byte[frame.width * channels];
    return new PixelRows(width, height, channels) {
      @Override
      void read(int y, byte[] row) {
        for (int i = 0; i < row.length; i++) {
          row[i] = (byte) (frame.background() >> (8 * (2 - i % channels)));
        }
        if (y >= top && y - top < frame.height) {
          frame.read(y - top, inner);
          int start = left * channels;
          System.arraycopy(inner, 0, row, start, Math.min(inner.length, row.length - start));
        }
      }
    };
  }

  /** Returns the color, as RGB, that fills up a larger image: see {@link #within}. */
  int background() {
    return 0xffffff;
  }

  /**
   * Returns these rows with white pixels in place of the transparent color of a PNG file.
   *
   * @param color samples as they are stored
   * @param raster with the stored samples of these rows
   */
  PixelRows without(int[] color, Raster raster) {
    PixelRows all = this;
    int[] samples = new int[color.length * width];
    return new PixelRows(width, height, channels) {
      @Override
      void read(int y, byte[] row) {
        all.read(y, row);
        raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
        for (int x = 0; x < width; x++) {
          if (Arrays.equals(
              samples, x * color.length, (x + 1) * color.length, color, 0, color.length)) {
            Arrays.fill(row, x * channels, (x + 1) * channels, (byte) 255);
          }
        }
      }
    };
  }

  static PixelRows of(BufferedImage image, String name) {
    ColorModel model = image.getColorModel();
    int alpha = model.hasAlpha() ? model.getNumColorComponents() : -1;
    return of(image, alpha, model.isAlphaPremultiplied(), name);
  }

  /**
   * @param alpha the band with the opacity, or -1 if the image is opaque
   * @param premultiplied whether colors are multiplied by it
   */
  static PixelRows of(BufferedImage image, int alpha, boolean premultiplied, String name) {
    ColorModel colors = image.getColorModel();
    Raster raster = image.getRaster();
    if (colors instanceof IndexColorModel palette && raster.getNumBands() == 1) {
      return indexed(raster, palette);
    }
    if (!(colors instanceof ComponentColorModel)) {
      return packed(image);
    }
    int type = raster.getTransferType();
    if (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT) {
      String kind =
          switch (type) {
            case DataBuffer.TYPE_SHORT -> "signed samples of 16 bits";
            case DataBuffer.TYPE_INT -> "samples of 32 bits";
            default -> "floating-point samples";
          };
      throw UnreadableImage.unsupported(name, "an image with " + kind);
    }
    int channels = colors.getNumColorComponents();
    if (channels != 1 && channels != 3 && channels != 4) {
      throw new UnreadableImage(
          name, "has " + channels + " colors per pixel; Graft reads gray, RGB and CMYK.");
    }
    return of(raster, channels, alpha, premultiplied);
  }

  /** Returns rows of 8 or 16 bits per sample; the band {@code alpha} is -1 if they are opaque. */
  static PixelRows of(Raster raster, int channels, int alpha, boolean premultiplied) {
    return raster.getTransferType() == DataBuffer.TYPE_BYTE
            && alpha < 0
            && raster.getSampleModel() instanceof ComponentSampleModel layout
            && inOneBank(layout)
        ? bytes(raster, layout, channels)
        : samples(raster, channels, alpha, premultiplied);
  }

  private static boolean inOneBank(ComponentSampleModel layout) {
    return Arrays.stream(layout.getBankIndices()).allMatch(bank -> bank == 0);
  }

  /** Rows of bytes that are copied, and reordered if necessary. */
  private static PixelRows bytes(Raster raster, ComponentSampleModel layout, int channels) {
    DataBufferByte buffer = (DataBufferByte) raster.getDataBuffer();
    byte[] data = buffer.getData();
    int rowStride = layout.getScanlineStride();
    int pixelStride = layout.getPixelStride();
    int[] offsets = Arrays.copyOf(layout.getBandOffsets(), channels);
    int start =
        buffer.getOffset()
            - raster.getSampleModelTranslateY() * rowStride
            - raster.getSampleModelTranslateX() * pixelStride;
    boolean inOrder =
        pixelStride == channels
            && (channels == 1 || (channels == 3 && Arrays.equals(offsets, new int[] {0, 1, 2})));
    return new PixelRows(raster.getWidth(), raster.getHeight(), channels) {
      @Override
      byte[] whole() {
        boolean nothingElse = start == 0 && data.length == width * height * channels;
        return inOrder && nothingElse && rowStride == width * channels && offsets[0] == 0
            ? data
            : null;
      }

      @Override
      void read(int y, byte[] row) {
        int from = start + y * rowStride;
        if (inOrder) {
          System.arraycopy(data, from + offsets[0], row, 0, row.length);
        } else if (channels == 3) {
          int red = from + offsets[0];
          int green = from + offsets[1];
          int blue = from + offsets[2];
          for (int x = 0, to = 0; x < width; x++, to += 3) {
            int pixel = x * pixelStride;
            row[to] = data[red + pixel];
            row[to + 1] = data[green + pixel];
            row[to + 2] = data[blue + pixel];
          }
        } else {
          for (int x = 0, to = 0; x < width; x++) {
            for (int c = 0; c < channels; c++) {
              row[to++] = data[from + x * pixelStride + offsets[c]];
            }
          }
        }
      }
    };
  }

  /** Rows of 8 or 16 bits, of which the upper 8 count, with or without transparency. */
  private static PixelRows samples(
      Raster raster, int channels, int alphaBand, boolean premultiplied) {
    int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    int bands = raster.getNumBands();
    int white = channels == 4 ? 0 : 255;
    int[] samples = new int[raster.getWidth() * bands];
    return new PixelRows(raster.getWidth(), raster.getHeight(), channels) {
      @Override
      void read(int y, byte[] row) {
        raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
        for (int from = 0, to = 0; to < row.length; from += bands) {
          int alpha = alphaBand < 0 ? 255 : samples[from + alphaBand] >> shift;
          for (int c = 0; c < channels; c++) {
            int value = samples[from + c] >> shift;
            row[to++] =
                premultiplied
                    ? (byte) Math.min(255, value + overWhite(0, alpha, white))
                    : (byte) overWhite(value, alpha, white);
          }
        }
      }
    };
  }

  private static PixelRows indexed(Raster raster, IndexColorModel palette) {
    int[] argb = new int[1 << 16];
    Arrays.fill(argb, 0xff000000); // black beyond the end of a palette, as in Pillow
    palette.getRGBs(argb);
    int[] indices = new int[raster.getWidth()];
    return new PixelRows(raster.getWidth(), raster.getHeight(), 3) {
      /** Returns the first color if none is transparent. */
      @Override
      int background() {
        return palette.hasAlpha() ? super.background() : argb[0];
      }

      @Override
      void read(int y, byte[] row) {
        raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, indices);
        for (int x = 0; x < width; x++) {
          put(argb[indices[x]], row, 3 * x);
        }
      }
    };
  }

  private static PixelRows packed(BufferedImage image) {
    int[] argb = new int[image.getWidth()];
    return new PixelRows(image.getWidth(), image.getHeight(), 3) {
      @Override
      void read(int y, byte[] row) {
        image.getRGB(0, y, width, 1, argb, 0, width);
        for (int x = 0; x < width; x++) {
          put(argb[x], row, 3 * x);
        }
      }
    };
  }

  /**
   * Returns the rows of a JPEG with four components. 255 means no ink in nearly all files, as in
   * those of Adobe's programs; Pillow and Chromium assume it for all.
   */
  static PixelRows inks(Raster raster, boolean ycck) {
    int[] samples = new int[4 * raster.getWidth()];
    return new PixelRows(raster.getWidth(), raster.getHeight(), 4) {
      @Override
      void read(int y, byte[] row) {
        raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
        for (int i = 0; i < row.length; i += 4) {
          for (int c = 0; c < 4; c++) {
            row[i + c] = (byte) (samples[i + c] ^ 0xff);
          }
          if (ycck) { // RGB is 255 minus the stored values, as the inks are
            putYcc(samples[i], samples[i + 1], samples[i + 2], row, i);
          }
        }
      }
    };
  }

  /** Writes a pixel that is stored as YCbCr in RGB, by libjpeg's fixed point. */
  static void putYcc(int luma, int blue, int red, byte[] row, int to) {
    int cb = blue - 128;
    int cr = red - 128;
    row[to] = (byte) clip(luma + ((91881 * cr + 32768) >> 16));
    row[to + 1] = (byte) clip(luma + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    row[to + 2] = (byte) clip(luma + ((116130 * cb + 32768) >> 16));
  }

  static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }

  private static void put(int argb, byte[] row, int to) {
    int alpha = argb >>> 24;
    row[to] = (byte) overWhite(argb >> 16 & 0xff, alpha, 255);
    row[to + 1] = (byte) overWhite(argb >> 8 & 0xff, alpha, 255);
    row[to + 2] = (byte) overWhite(argb & 0xff, alpha, 255);
  }

  private static int overWhite(int value, int alpha, int white) {
    return alpha == 255 ? value : (value * alpha + white * (255 - alpha) + 127) / 255;
  }
}
