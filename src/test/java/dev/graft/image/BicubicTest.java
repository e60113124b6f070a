package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BicubicTest {
  private static final Path MADE_BY_PILLOW =
      Path.of("src/test/resources/dev/graft/image/resampling");

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
    RgbImage image = read(MADE_BY_PILLOW.resolve(source + ".png"));

    assertThat(resize(image, whole(image), width, height))
        .isEqualTo(
            read(MADE_BY_PILLOW.resolve(source + "-bicubic-" + width + "x" + height + ".png")));
  }

  @Test
  void theCenterSquareOfAPhotographEqualsThePublishedPreprocessingBitForBit() throws IOException {
    RgbImage image = read(MADE_BY_PILLOW.resolve("picture.png"));
    Box square = Framing.CENTER.of(image.width(), image.height());

    RgbImage resized = resize(image, square, 224, 224);

    assertThat(resized).isEqualTo(read(MADE_BY_PILLOW.resolve("picture_crop_224.png")));
  }

  /** The JDK's JPEG decoder rounds differently from Pillow's, before anything is resized. */
  @Test
  void aLargePhotographIsWithinTwoLevelsOfThePublishedPreprocessing() throws IOException {
    RgbImage image = read(MADE_BY_PILLOW.resolve("picture_large.jpg"));
    Box square = Framing.CENTER.of(image.width(), image.height());

    RgbImage resized = resize(image, square, 224, 224);

    byte[] expected = read(MADE_BY_PILLOW.resolve("picture_large_crop_224.png")).rgb();
    int worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs((resized.rgb()[i] & 0xff) - (expected[i] & 0xff)));
    }
    assertThat(worst).isLessThanOrEqualTo(2);
  }

  @Test
  void pixelsOutsideTheBoxDoNotCount() throws IOException {
    RgbImage image = read(MADE_BY_PILLOW.resolve("noise-64x48.png"));
    Box box = new Box(10, 5, 20, 30);
    RgbImage cropped = resize(image, box, 20, 30);

    RgbImage atOnce = resize(image, box, 47, 11);

    assertThat(atOnce).isEqualTo(resize(cropped, whole(cropped), 47, 11));
    int firstOfBox = (5 * 64 + 10) * 3;
    assertThat(cropped.rgb()[0]).isEqualTo(image.rgb()[firstOfBox]);
  }

  @Test
  void theSameSizeIsTheSameImage() throws IOException {
    RgbImage image = read(MADE_BY_PILLOW.resolve("noise-64x48.png"));

    assertThat(resize(image, whole(image), 64, 48)).isEqualTo(image);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    RgbImage image = new RgbImage(4, 3, new byte[4 * 3 * 3]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> resize(image, new Box(1, 0, 4, 3), 2, 2))
        .withMessageContaining("not inside RgbImage[4x3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> resize(image, whole(image), 0, 2))
        .withMessage("new size must be >= 1x1, was 0x2");
    assertThatIllegalArgumentException().isThrownBy(() -> new Box(-1, 0, 1, 1));
  }

  private static RgbImage resize(RgbImage image, Box box, int width, int height) {
    return Bicubic.resize(image, box, width, height, Resampling.BICUBIC);
  }

  private static Box whole(RgbImage image) {
    return new Box(0, 0, image.width(), image.height());
  }

  private static RgbImage read(Path file) throws IOException {
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
    return new RgbImage(width, height, rgb);
  }
}
