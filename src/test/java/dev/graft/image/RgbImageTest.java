package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RgbImageTest {
  @Test
  void aPixelAcrossBoxesCountsInEachByItsArea() {
    // 3 x 1 pixels in 2 x 1 boxes: a box has the area of 1.5 pixels, which are 3 shares.
    RgbImage image = image(3, 1, 10, 20, 40);

    assertThat(image.sums(2, 1)).containsExactly(inThreeChannels(2 * 10 + 20, 20 + 2 * 40));
  }

  @Test
  void theSumsOfAGridAreThoseOfItsPixelsOneByOne() {
    for (int[] grid : new int[][] {{1, 1}, {9, 8}, {16, 16}, {5, 3}, {2, 31}, {17, 2}}) {
      RgbImage image = noise(13, 7);

      assertThat(image.sums(grid[0], grid[1])).isEqualTo(oneByOne(image, grid[0], grid[1]));
    }
  }

  /** A pixel is {@code columns} by {@code rows} dots, each of which lies in one box. */
  private static long[] oneByOne(RgbImage image, int columns, int rows) {
    long[] sums = new long[3 * columns * rows];
    for (int y = 0; y < image.height() * rows; y++) {
      for (int x = 0; x < image.width() * columns; x++) {
        int pixel = y / rows * image.width() + x / columns;
        int box = y / image.height() * columns + x / image.width();
        for (int c = 0; c < 3; c++) {
          sums[3 * box + c] += image.rgb()[3 * pixel + c] & 0xff;
        }
      }
    }
    return sums;
  }

  @Test
  void scalingDownTakesRoundedMeansAndScalingUpRepeatsPixels() {
    assertThat(image(4, 1, 1, 2, 254, 255).scaled(2, 1)).isEqualTo(image(2, 1, 2, 255));
    assertThat(image(2, 1, 7, 200).scaled(4, 2))
        .isEqualTo(image(4, 2, 7, 7, 200, 200, 7, 7, 200, 200));
    assertThat(noise(13, 7).scaled(13, 7)).isEqualTo(noise(13, 7));
  }

  @Test
  void anImageHasThreeBytesForEachOfItsPixels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RgbImage(2, 3, new byte[17]))
        .withMessage("an image of 2x3 pixels has 18 bytes, was given 17");
    assertThatIllegalArgumentException().isThrownBy(() -> new RgbImage(0, 3, new byte[0]));
  }

  private static long[] inThreeChannels(long... values) {
    long[] all = new long[3 * values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = values[i / 3];
    }
    return all;
  }

  private static RgbImage image(int width, int height, int... grays) {
    byte[] rgb = new byte[3 * grays.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) grays[i / 3];
    }
    return new RgbImage(width, height, rgb);
  }

  private static RgbImage noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(7).nextBytes(rgb);
    return new RgbImage(width, height, rgb);
  }
}
