package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.GraftException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PictureReaderTest {
  private static final Path PICTURES = Path.of("src/test/resources/dev/graft/data/pictures");

  @TempDir Path folder;

  static List<Path> onePictureOfEachKind() throws IOException {
    try (Stream<Path> files = Files.list(PICTURES)) {
      return files.filter(f -> f.toString().matches(".*\\.(png|jpg|gif|bmp)")).sorted().toList();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("onePictureOfEachKind")
  void everyKindOfPictureHasThePixelsThatPillowSees(Path file) throws IOException {
    Picture picture = PictureReader.read(file);

    String name = file.getFileName().toString();
    BufferedImage expected =
        ImageIO.read(PICTURES.resolve("seen-by-pillow/" + name + ".png").toFile());
    assertThat(picture.width()).isEqualTo(expected.getWidth());
    assertThat(picture.height()).isEqualTo(expected.getHeight());
    // The one conversion that two programs do not round alike; all else is exact.
    int tolerance = name.equals("cmyk.jpg") || name.equals("ycck.jpg") ? 3 : 0;
    for (int i = 0; i < picture.rgb().length; i++) {
      int pixel = expected.getRGB(i / 3 % picture.width(), i / 3 / picture.width());
      int value = pixel >> (16 - 8 * (i % 3)) & 0xff;
      assertThat(Math.abs((picture.rgb()[i] & 0xff) - value))
          .as("pixel %d, channel %d", i / 3, i % 3)
          .isLessThanOrEqualTo(tolerance);
    }
  }

  /** JPEG decoders fill up what is missing with grey; that must not pass as a picture. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("onePictureOfEachKind")
  void aFileCutOffAnywhereIsRefusedOrHasAllItsPixels(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Picture whole = PictureReader.read(bytes, "whole");
    int tried = 0;
    int refused = 0;
    for (int length = 0; length < bytes.length; length += 1 + bytes.length / 200) {
      tried++;
      try {
        Picture cut = PictureReader.read(Arrays.copyOf(bytes, length), "cut.xyz");
        assertThat(cut).as("first %d of %d bytes", length, bytes.length).isEqualTo(whole);
      } catch (GraftException e) {
        assertThat(e).hasMessageMatching("cut\\.xyz is [^\n]+[^.]\\.");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(tried * 4 / 10);
  }

  @Test
  void aStreamAnArrayAndAFileGiveTheSamePicture() throws IOException {
    Path file = PICTURES.resolve("plain.jpg");
    byte[] bytes = Files.readAllBytes(file);

    Picture picture = PictureReader.read(file);

    assertThat(PictureReader.read(bytes, "bytes")).isEqualTo(picture);
    assertThat(PictureReader.read(new ByteArrayInputStream(bytes), "in")).isEqualTo(picture);
  }

  @Test
  void theSuffixOfAFileDoesNotMatter() throws IOException {
    Path misnamed = folder.resolve("really-a-png.jpg");
    Files.copy(PICTURES.resolve("rgb.png"), misnamed);

    assertThat(PictureReader.read(misnamed))
        .isEqualTo(PictureReader.read(PICTURES.resolve("rgb.png")));
  }

  @Test
  void whatIsNoPictureIsNamedAndSaysWhatItIs() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.png"), "not a picture");
    Path empty = Files.createFile(folder.resolve("empty.png"));
    Path missing = folder.resolve("missing.png");

    assertRefused(text, " is not a picture that Graft reads (PNG, JPEG, GIF or BMP).");
    assertRefused(empty, " is empty.");
    assertRefused(missing, " does not exist.");
    assertRefused(folder, " is a folder, not a picture.");
  }

  @Test
  void aPictureOfMoreThanAHundredMegapixelsIsRefusedByItsHeader() throws IOException {
    byte[] bytes = Files.readAllBytes(PICTURES.resolve("rgb.png"));
    int widthInHeader = 16;
    ByteBuffer.wrap(bytes).putInt(widthInHeader, 50_000).putInt(widthInHeader + 4, 2_001);
    Path huge = Files.write(folder.resolve("huge.png"), bytes);

    assertRefused(huge, " has 50000x2001 pixels; Graft reads up to 100 megapixels.");
  }

  @Test
  void aPictureHasThreeBytesForEachOfItsPixels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Picture(2, 3, new byte[17]))
        .withMessage("a picture of 2x3 pixels has 18 bytes, was given 17");
    assertThatIllegalArgumentException().isThrownBy(() -> new Picture(0, 3, new byte[0]));
  }

  private static void assertRefused(Path file, String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> PictureReader.read(file))
        .withMessage(file + message);
  }
}
