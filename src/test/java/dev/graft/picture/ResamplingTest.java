package dev.graft.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.graft.picture.Resampling.Box;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplingTest {
  private static final Path MADE_BY_PILLOW =
      Path.of("src/test/resources/dev/graft/network/resampling");
  private static final Path REFERENCE = Path.of("../shared/weights/efficientnet-lite0/reference");

  @ParameterizedTest(name = "{0} to {1}x{2}")
  @CsvSource({
    "photo-32x32, 96, 96",
    "photo-100x37, 224, 224",
    "noise-13x9, 31, 17",
    "noise-64x48, 13, 7",
    "noise-64x48, 5, 61",
    "noise-64x48, 64, 20"
  })
  void equalsPillowBitForBit(String source, int width, int height) throws IOException {
    Pixels picture = read(MADE_BY_PILLOW.resolve(source + ".png"));
    for (Resampling filter : Resampling.values()) {
      String expected =
          "%s-%s-%dx%d.png"
              .formatted(source, filter.name().toLowerCase(Locale.ROOT), width, height);

      byte[] resized = picture.resize(filter, picture.whole(), width, height);

      assertThat(resized).as(expected).isEqualTo(read(MADE_BY_PILLOW.resolve(expected)).rgb);
    }
  }

  @Test
  void theCentredSquareOfAPhotographEqualsThePublishedPreprocessingBitForBit() throws IOException {
    Pixels picture = read(MADE_BY_PILLOW.resolve("picture.png"));
    Box square = Box.centredSquare(picture.width, picture.height, 224 / 256.0);

    byte[] resized = picture.resize(Resampling.BICUBIC, square, 224, 224);

    assertThat(resized).isEqualTo(read(MADE_BY_PILLOW.resolve("picture_crop_224.png")).rgb);
  }

  /** The JDK's JPEG decoder rounds differently from Pillow's, before anything is resized. */
  @Test
  void aLargePhotographComesOutWithinTwoLevelsOfThePublishedPreprocessing() throws IOException {
    assumeTrue(Files.isDirectory(REFERENCE), "no " + REFERENCE);
    Pixels picture = read(REFERENCE.resolve("picture_large.jpg"));
    Box square = Box.centredSquare(picture.width, picture.height, 224 / 256.0);

    byte[] resized = picture.resize(Resampling.BICUBIC, square, 224, 224);

    byte[] expected = read(REFERENCE.resolve("picture_large_crop_224.png")).rgb;
    int worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs((resized[i] & 0xff) - (expected[i] & 0xff)));
    }
    assertThat(worst).isLessThanOrEqualTo(2);
  }

  @Test
  void pixelsOutsideTheBoxDoNotCount() throws IOException {
    Pixels picture = read(MADE_BY_PILLOW.resolve("noise-64x48.png"));
    Box box = new Box(10, 5, 20, 30);
    byte[] cropped = picture.resize(Resampling.BICUBIC, box, 20, 30);

    byte[] atOnce = picture.resize(Resampling.BICUBIC, box, 47, 11);

    assertThat(atOnce)
        .isEqualTo(Resampling.BICUBIC.resize(cropped, 20, 30, Box.whole(20, 30), 47, 11));
    int firstOfBox = (5 * 64 + 10) * 3;
    assertThat(cropped[0]).isEqualTo(picture.rgb[firstOfBox]);
  }

  @Test
  void theSameSizeIsTheSamePicture() throws IOException {
    Pixels picture = read(MADE_BY_PILLOW.resolve("noise-64x48.png"));

    assertThat(picture.resize(Resampling.BICUBIC, picture.whole(), 64, 48)).isEqualTo(picture.rgb);
  }

  @Test
  void theOddPixelOutsideACentredSquareIsToTheLeftAndAbove() {
    assertThat(Box.centredSquare(333, 250, 0.875)).isEqualTo(new Box(58, 16, 218, 218));
    assertThat(Box.centredSquare(11, 8, 0.875)).isEqualTo(new Box(2, 1, 7, 7));
    assertThat(Box.centredSquare(1, 1, 0.875)).isEqualTo(new Box(0, 0, 1, 1));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    byte[] rgb = new byte[4 * 3 * 3];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resampling.BICUBIC.resize(rgb, 4, 4, Box.whole(4, 4), 2, 2))
        .withMessage("a picture of 4x4 pixels has 48 bytes, was given 36");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resampling.BICUBIC.resize(rgb, 4, 3, new Box(1, 0, 4, 3), 2, 2))
        .withMessageContaining("not inside a picture of 4x3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Resampling.BICUBIC.resize(rgb, 4, 3, Box.whole(4, 3), 0, 2))
        .withMessage("new size must be >= 1x1, was 0x2");
    assertThatIllegalArgumentException().isThrownBy(() -> Box.centredSquare(4, 3, 1.01));
  }

  private static Pixels read(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[width * height * 3];
    for (int i = 0; i < width * height; i++) {
      int pixel = image.getRGB(i % width, i / width);
      rgb[3 * i] = (byte) (pixel >> 16);
      rgb[3 * i + 1] = (byte) (pixel >> 8);
      rgb[3 * i + 2] = (byte) pixel;
    }
    return new Pixels(rgb, width, height);
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Pixels(byte[] rgb, int width, int height) {
    Box whole() {
      return Box.whole(width, height);
    }

    byte[] resize(Resampling filter, Box box, int outWidth, int outHeight) {
      return filter.resize(rgb, width, height, box, outWidth, outHeight);
    }
  }
}
