package dev.graft.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JpegHeadTest {
  private static final Path FILES = Path.of("src/test/resources/dev/graft/image/files");

  /** The decisions of libjpeg's default_decompress_parms; digits are Adobe's transforms. */
  @ParameterizedTest
  @CsvSource({
    "'', 123, true",
    "'', RGB, false",
    "'', 012, true",
    "'', YCc, true",
    "J, RGB, true",
    "J, 345, true",
    "0, 123, false",
    "0, 012, false",
    "1, RGB, true",
    "2, RGB, true",
    "5, 123, true",
    "J0, 123, true",
    "J0, RGB, true",
    "0J, 123, true",
    "2J, 012, true",
    "10, 123, false",
    "01, 123, true",
    "j0, 123, false",
    "c, RGB, false",
  })
  void colorsAreEncodedAsLibjpegDecides(String markers, String ids, boolean ycc)
      throws IOException {
    for (String name : new String[] {"plain.jpg", "no-subsampling.jpg", "progressive.jpg"}) {
      byte[] jpeg = withIds(withoutMarkers(Files.readAllBytes(FILES.resolve(name))), ids);
      RgbImage expected = ImageFileReader.read(FILES.resolve(name));
      byte[] segments = segments(markers);
      int scan = new String(jpeg, ISO_8859_1).indexOf("\u00ff\u00da");

      for (int position : new int[] {2, scan}) {
        RgbImage image =
            ImageFileReader.read(PngStructureTest.inserted(jpeg, position, segments), name);
        assertThat(image.equals(expected)).as("%s, at %d", name, position).isEqualTo(ycc);
      }
    }
  }

  @Test
  void rgbIsReadAsItIsStored() throws IOException {
    byte[] jpeg = withoutMarkers(Files.readAllBytes(FILES.resolve("no-subsampling.jpg")));
    byte[] expected = ImageFileReader.read(FILES.resolve("no-subsampling.jpg")).rgb();

    byte[] stored = ImageFileReader.read(withIds(jpeg, "RGB"), "a.jpg").rgb();

    for (int i = 0; i < stored.length; i += 3) {
      double luma = stored[i] & 0xff;
      double red = luma + 1.402 * ((stored[i + 2] & 0xff) - 128);
      double blue = luma + 1.772 * ((stored[i + 1] & 0xff) - 128);
      assertThat((double) (expected[i] & 0xff)).isCloseTo(clip(red), within(1.0));
      assertThat((double) (expected[i + 2] & 0xff)).isCloseTo(clip(blue), within(1.0));
    }
  }

  /** Pillow and Chromium treat all as inverted, with and without the marker of Adobe. */
  @ParameterizedTest
  @CsvSource({
    "0, 1234, cmyk.jpg",
    "'', 1234, cmyk.jpg",
    "J, CMYK, cmyk.jpg",
    "'', RGBA, cmyk.jpg",
    "J0, 0123, cmyk.jpg",
    "2, 1234, ycck.jpg",
    "1, CMYK, ycck.jpg",
    "7, 1234, ycck.jpg",
    "J2, 1234, ycck.jpg",
  })
  void fourComponentsAreCmykOrYcckAsLibjpegDecides(String markers, String ids, String expected)
      throws IOException {
    byte[] jpeg = withIds(withoutMarkers(Files.readAllBytes(FILES.resolve("cmyk.jpg"))), ids);

    assertThat(ImageFileReader.read(PngStructureTest.inserted(jpeg, 2, segments(markers)), "a"))
        .isEqualTo(ImageFileReader.read(FILES.resolve(expected)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "J", "0", "1", "2", "J0", "1J"})
  void grayHasNoTransform(String markers) throws IOException {
    byte[] jpeg = withoutMarkers(Files.readAllBytes(FILES.resolve("gray.jpg")));

    assertThat(ImageFileReader.read(PngStructureTest.inserted(jpeg, 2, segments(markers)), "a"))
        .isEqualTo(ImageFileReader.read(FILES.resolve("gray.jpg")));
  }

  @Test
  void aBrokenExifSegmentDoesNotHideTheNext() throws IOException {
    byte[] jpeg = Files.readAllBytes(FILES.resolve("plain.jpg"));
    ByteArrayOutputStream segments = new ByteArrayOutputStream();
    segments.writeBytes(segment(0xe1, "Exif\0\0II*\0garbage"));
    segments.writeBytes(
        segment(0xe1, "Exif\0\0" + new String(OrientationTest.exif(6), ISO_8859_1)));

    RgbImage turned =
        ImageFileReader.read(PngStructureTest.inserted(jpeg, 2, segments.toByteArray()), "a.jpg");

    assertThat(turned).isEqualTo(ImageFileReader.read(FILES.resolve("orientation-6.jpg")));
  }

  @ParameterizedTest
  @CsvSource({
    "0xc1, 12, a JPEG with 12 bits per sample",
    "0xc2, 12, a JPEG with 12 bits per sample",
    "0xc5, 8, a hierarchical JPEG",
    "0xc9, 8, a JPEG with arithmetic coding",
    "0xca, 8, a JPEG with arithmetic coding",
    "0xcb, 8, a JPEG with arithmetic coding",
    "0xf7, 8, a JPEG-LS file",
  })
  void aCodingThatIsNotReadIsNamedAndNotCalledDamaged(String marker, int bits, String kind)
      throws IOException {
    byte[] jpeg = Files.readAllBytes(FILES.resolve("plain.jpg"));
    int frame = new String(jpeg, ISO_8859_1).indexOf("\u00ff\u00c0");
    jpeg[frame + 1] = (byte) (int) Integer.decode(marker);
    jpeg[frame + 4] = (byte) bits;

    String message =
        "a.jpg is " + kind + ", which Graft does not read; convert it, for example to PNG.";
    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(jpeg, "a.jpg"))
        .withMessage(message);
    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.header(jpeg, "a.jpg"))
        .withMessage(message);
  }

  private static double clip(double value) {
    return Math.max(0, Math.min(255, value));
  }

  /**
   * Returns segments: J is the marker of JFIF, j one that is too short, c that of Adobe cut off,
   * and digits are transforms of Adobe.
   */
  private static byte[] segments(String markers) {
    ByteArrayOutputStream segments = new ByteArrayOutputStream();
    for (int i = 0; i < markers.length(); i++) {
      char marker = markers.charAt(i);
      segments.writeBytes(
          switch (marker) {
            case 'J' -> segment(0xe0, "JFIF\0\1\1\0\0\1\0\1\0\0");
            case 'j' -> segment(0xe0, "JFIF\0\1\1");
            case 'c' -> segment(0xee, "Adobe\0\144\0\0");
            default -> segment(0xee, "Adobe\0\144\0\0\0\0" + (char) (marker - '0'));
          });
    }
    return segments.toByteArray();
  }

  private static byte[] segment(int marker, String content) {
    String head = "\u00ff" + (char) marker + "\0" + (char) (content.length() + 2);
    return (head + content).getBytes(ISO_8859_1);
  }

  /** Returns a file without the segments of JFIF and Adobe. */
  private static byte[] withoutMarkers(byte[] jpeg) {
    String text = new String(jpeg, ISO_8859_1);
    text = text.replaceFirst("(?s)\u00ff\u00e0\0\u0010JFIF.{10}", "");
    text = text.replaceFirst("(?s)\u00ff\u00ee\0\u000eAdobe.{7}", "");
    return text.getBytes(ISO_8859_1);
  }

  /**
   * Returns a file with other identifiers of its components: digits are numbers, letters are ASCII.
   */
  private static byte[] withIds(byte[] jpeg, String ids) {
    byte[] changed = jpeg.clone();
    String old = "";
    for (int i = 2; i < jpeg.length - 1; i++) {
      int marker = jpeg[i + 1] & 0xff;
      boolean frame = marker == 0xc0 || marker == 0xc2;
      if (jpeg[i] != (byte) 0xff || (!frame && marker != 0xda)) {
        continue;
      }
      int first = frame ? i + 10 : i + 5;
      int step = frame ? 3 : 2;
      for (int c = 0; c < jpeg[first - 1]; c++) {
        old += frame ? (char) jpeg[first + c * step] : "";
        char id = ids.charAt(old.indexOf(jpeg[first + c * step]));
        changed[first + c * step] = (byte) (Character.isDigit(id) ? id - '0' : id);
      }
    }
    return changed;
  }
}
