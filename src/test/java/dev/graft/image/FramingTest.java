package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class FramingTest {
  @Test
  void pixelsAreOnePlanePerColorRedFirst() {
    byte[] rgb = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, (byte) 255};
    byte[] planes = {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, (byte) 255};
    assertThat(Framing.WHOLE.planes(new RgbImage(2, 2, rgb), 2)).containsExactly(planes);
  }

  @Test
  void theWholeImageIsScaledToASquareWhateverItsShape() {
    // Red in the left half, blue in the right one; twice as wide as high.
    byte[] rgb = new byte[8 * 4 * 3];
    for (int i = 0; i < 32; i++) {
      rgb[3 * i + (i % 8 < 4 ? 0 : 2)] = 100;
    }
    byte[] planes = Framing.WHOLE.planes(new RgbImage(8, 4, rgb), 4);
    assertThat(planes).hasSize(48);
    for (int row = 0; row < 4; row++) {
      assertThat(planes[4 * row]).as("red at the left").isGreaterThan((byte) 95);
      assertThat(planes[4 * row + 3]).as("red at the right").isLessThan((byte) 5);
      assertThat(planes[32 + 4 * row]).as("blue at the left").isLessThan((byte) 5);
      assertThat(planes[32 + 4 * row + 3]).as("blue at the right").isGreaterThan((byte) 95);
    }
  }

  @Test
  void theCenterIsSevenEighthsOfTheShorterSide() {
    // Green where 7 x 7 pixels in the middle of 16 x 8 are, (8 - 7 + 1) / 2 = 1 from the top.
    byte[] rgb = new byte[16 * 8 * 3];
    for (int y = 1; y < 8; y++) {
      for (int x = 5; x < 12; x++) {
        rgb[3 * (16 * y + x) + 1] = 50;
      }
    }
    RgbImage image = new RgbImage(16, 8, rgb);
    byte[] planes = Framing.CENTER.planes(image, 7);
    assertThat(planes).hasSize(3 * 49);
    for (int i = 0; i < 49; i++) {
      assertThat(planes[i]).isZero();
      assertThat(planes[49 + i]).isEqualTo((byte) 50);
      assertThat(planes[98 + i]).isZero();
    }
    assertThat(Framing.WHOLE.planes(image, 7)).contains((byte) 0).hasSize(3 * 49);
  }

  @Test
  void anExtremelyLongImageIsItsMiddle() {
    Framing crop = Framing.crop(0.875, Resampling.BICUBIC);
    for (boolean wide : new boolean[] {true, false}) {
      byte[] rgb = new byte[3 * 65_000];
      for (int i = 32_490; i < 32_510; i++) {
        rgb[3 * i] = 100;
      }
      RgbImage image = wide ? new RgbImage(65_000, 1, rgb) : new RgbImage(1, 65_000, rgb);
      byte[] planes = crop.planes(image, 224);
      assertThat(planes).hasSize(3 * 224 * 224);
      assertThat(planes[112 * 224 + 112]).isEqualTo((byte) 100);
    }
  }

  @Test
  void theOddPixelOutsideTheCenterIsToTheLeftAndAbove() {
    assertThat(Framing.CENTER.of(333, 250)).isEqualTo(new Box(58, 16, 218, 218));
    assertThat(Framing.CENTER.of(11, 8)).isEqualTo(new Box(2, 1, 7, 7));
    assertThat(Framing.CENTER.of(1, 1)).isEqualTo(new Box(0, 0, 1, 1));
  }

  /** The values are Pillow 13's: {@code resize((11, 8), BILINEAR)}, rows 1 to 6, columns 2 to 7. */
  @Test
  void aCropOfTheResizedImageEqualsPillows() {
    byte[] planes = Framing.crop(0.75, Resampling.BILINEAR).planes(pattern(13, 9), 6);
    int[] red = {
      145, 213, 234, 137, 171, 151, 109, 156, 172, 140, 66, 139, 129, 113, 86, 114, 108, 166, 156,
      58, 51, 165, 208, 185, 100, 88, 112, 148, 201, 95, 141, 88, 130, 125, 137, 89
    };
    for (int i = 0; i < red.length; i++) {
      assertThat(Byte.toUnsignedInt(planes[i])).as("pixel " + i).isEqualTo(red[i]);
    }
  }

  /** The values are Pillow 13's: {@code resize((4, 4), BILINEAR)}. */
  @Test
  void bilinearResizingEqualsPillows() {
    byte[] planes = Framing.whole(Resampling.BILINEAR).planes(pattern(13, 9), 4);
    int[] green = {149, 123, 143, 116, 109, 112, 115, 96, 117, 106, 115, 131, 113, 146, 134, 179};
    for (int i = 0; i < green.length; i++) {
      assertThat(Byte.toUnsignedInt(planes[16 + i])).as("pixel " + i).isEqualTo(green[i]);
    }
  }

  private static RgbImage pattern(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * 37 + i * i * 3);
    }
    return new RgbImage(width, height, rgb);
  }

  @Test
  void aFramingIsReadFromItsName() {
    for (Framing framing :
        new Framing[] {
          Framing.WHOLE,
          Framing.CENTER,
          Framing.whole(Resampling.BILINEAR),
          Framing.crop(64 / 73.0, Resampling.BICUBIC),
          Framing.crop(1, Resampling.BILINEAR)
        }) {
      assertThat(Framing.of(framing.name())).isEqualTo(framing);
    }
    assertThat(Framing.WHOLE.name()).isEqualTo("WHOLE"); // as in the files of older versions
    assertThat(Framing.of("centre")).isEqualTo(Framing.CENTER);
    assertThatIllegalArgumentException().isThrownBy(() -> Framing.of("CROP"));
    assertThatIllegalArgumentException().isThrownBy(() -> Framing.of("CROP 2"));
  }

  @Test
  void anImageMayBeReducedToTwiceTheInput() {
    assertThat(Framing.minSide(96)).isEqualTo(192);
  }

  /** The same as a crop for a square; another image is distorted before it is cropped. */
  @Test
  void aSquashedCropIsTheCenterOfTheSquashedImage() {
    RgbImage image = pattern(13, 9);
    byte[] planes = Framing.squashedCrop(0.75, Resampling.BILINEAR).planes(image, 6);
    byte[] whole = Framing.whole(Resampling.BILINEAR).planes(image, 8);
    for (int y = 0; y < 6; y++) {
      for (int x = 0; x < 6; x++) {
        assertThat(planes[6 * y + x]).isEqualTo(whole[8 * (y + 1) + x + 1]);
      }
    }
    Framing framing = Framing.squashedCrop(0.5, Resampling.BICUBIC);
    assertThat(Framing.of(framing.name())).isEqualTo(framing);
    assertThat(framing.of(40, 20)).isEqualTo(new Box(10, 5, 20, 10));
  }
}
