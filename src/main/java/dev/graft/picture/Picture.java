package dev.graft.picture;

import java.util.Arrays;

/**
 * A picture in memory.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb sRGB values 0..255 as unsigned bytes, {@code (height, width, 3)}, red first; not
 *     copied, so neither side may change it afterwards
 */
@SuppressWarnings(
    "ArrayRecordComponent") // a copy of every picture would cost; equals is by content
public record Picture(int width, int height, byte[] rgb) {
  public Picture {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "a picture of %dx%d pixels has %d bytes, was given %d"
              .formatted(width, height, 3L * width * height, rgb.length));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Picture that
        && width == that.width
        && height == that.height
        && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "Picture[%dx%d]".formatted(width, height);
  }
}
