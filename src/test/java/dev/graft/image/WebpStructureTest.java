package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebpStructureTest {
  private static final Path FILES = Path.of("src/test/resources/dev/graft/image/files");
  private static final int ANIMATED = 0x02;
  private static final int HAS_EXIF = 0x08;
  private static final int HAS_ALPHA = 0x10;

  @ParameterizedTest
  @CsvSource({"19, 14, 0, 0", "40, 30, 10, 6", "21, 16, 2, 2", "19, 40, 0, 26"})
  void theFirstFrameLiesOnItsCanvasWhichIsWhiteAroundIt(int width, int height, int left, int top)
      throws IOException {
    RgbImage frame = ImageFileReader.read(FILES.resolve("lossless.webp"));
    byte[] webp = animation(width, height, left, top);

    RgbImage image = ImageFileReader.read(webp, "a.webp");

    assertThat(ImageFileReader.header(webp, "a.webp"))
        .isEqualTo(new ImageFileReader.Header("WEBP", width, height));
    byte[] expected = new byte[3 * width * height];
    Arrays.fill(expected, (byte) 255);
    for (int y = 0; y < frame.height(); y++) {
      int to = 3 * ((top + y) * width + left);
      System.arraycopy(frame.rgb(), 3 * y * frame.width(), expected, to, 3 * frame.width());
    }
    assertThat(image).isEqualTo(new RgbImage(width, height, expected));
  }

  @Test
  void aFrameThatReachesOverItsCanvasIsRefused() throws IOException {
    byte[] webp = animation(40, 30, 22, 0);

    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(webp, "a.webp"))
        .withMessage("a.webp is damaged or cut off.");
  }

  @Test
  void theFirstExifChunkWithAnOrientationCountsIfTheHeaderAnnouncesIt() throws IOException {
    byte[] chunks =
        joined(
            extended(HAS_EXIF, 19, 14),
            frame("lossless.webp"),
            chunk("EXIF", "II*\0garbage".getBytes(StandardCharsets.ISO_8859_1)),
            chunk("EXIF", OrientationTest.exif(8)));

    assertThat(ImageFileReader.read(riff(chunks), "a.webp"))
        .isEqualTo(ImageFileReader.read(FILES.resolve("turned.webp")));
    chunks[8] = 0; // libwebp skips chunks that are not announced
    assertThat(ImageFileReader.read(riff(chunks), "a.webp"))
        .isEqualTo(ImageFileReader.read(FILES.resolve("lossless.webp")));
  }

  /** The PNG files have Pillow's pixels, composed over white. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "quality-0",
        "one-segment",
        "simple-filter",
        "alpha-palette",
        "alpha-uncompressed",
        "palette-transparent"
      })
  void pixelsAreThoseOfLibwebp(String name) {
    byte[] expected = ImageFileReader.read(FILES.resolve("webp/" + name + ".png")).rgb();

    byte[] actual = ImageFileReader.read(FILES.resolve("webp/" + name + ".webp")).rgb();

    assertThat(actual).hasSameSizeAs(expected);
    assertThat(IntStream.range(0, actual.length))
        .allMatch(i -> Math.abs((actual[i] & 0xff) - (expected[i] & 0xff)) <= 1);
  }

  @Test
  void opacityThatIsNotAnnouncedIsIgnored() throws IOException {
    byte[] alpha = chunk("ALPH", new byte[1 + 19 * 14]);
    RgbImage opaque = ImageFileReader.read(FILES.resolve("lossy.webp"));

    byte[] unannounced = riff(joined(extended(0, 19, 14), alpha, frame("lossy.webp")));
    assertThat(ImageFileReader.read(unannounced, "a.webp")).isEqualTo(opaque);

    byte[] announced = riff(joined(extended(HAS_ALPHA, 19, 14), alpha, frame("lossy.webp")));
    assertThat(ImageFileReader.read(announced, "a.webp").rgb()).containsOnly(255);
  }

  @Test
  void aLossyFrameWithoutOpacityIsOpaqueEvenIfTheHeaderAnnouncesSome() throws IOException {
    byte[] webp = riff(joined(extended(HAS_ALPHA, 19, 14), frame("lossy.webp")));

    assertThat(ImageFileReader.read(webp, "a.webp"))
        .isEqualTo(ImageFileReader.read(FILES.resolve("lossy.webp")));
  }

  private static byte[] animation(int width, int height, int left, int top) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(0, left / 2).putInt(3, top / 2).putInt(6, 18).putInt(9, 13).putInt(12, 100);
    return riff(
        joined(
            extended(ANIMATED, width, height),
            chunk("ANIM", new byte[6]),
            chunk("ANMF", joined(head.array(), frame("lossless.webp")))));
  }

  private static byte[] extended(int flags, int width, int height) {
    ByteBuffer head = ByteBuffer.allocate(11).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(flags).putInt(4, width - 1).putInt(7, height - 1);
    return chunk("VP8X", Arrays.copyOf(head.array(), 10));
  }

  private static byte[] frame(String name) throws IOException {
    byte[] still = Files.readAllBytes(FILES.resolve(name));
    return Arrays.copyOfRange(still, 12, still.length);
  }

  private static byte[] riff(byte[] chunks) {
    return chunk("RIFF", joined("WEBP".getBytes(StandardCharsets.ISO_8859_1), chunks));
  }

  private static byte[] chunk(String type, byte[] content) {
    int padded = content.length + content.length % 2;
    return ByteBuffer.allocate(8 + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(type.getBytes(StandardCharsets.ISO_8859_1))
        .putInt(content.length)
        .put(content)
        .array();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
