package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiffStructureTest {
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
  private static final int OFFSETS = 273;
  private static final int LENGTHS = 279;
  private static final int PLANAR = 284;
  private static final int EXTRA_SAMPLES = 338;
  private static final int SAMPLE_FORMAT = 339;

  /**
   * The last sample is 100; if it is the opacity, a color c becomes 255 - (255 - c) * 100 / 255.
   */
  @ParameterizedTest
  @CsvSource({
    "2, '10 20 30 100', '', 159 163 167",
    "2, '10 20 30 100', 0, 10 20 30",
    "2, '10 20 30 100', 2, 159 163 167",
    "2, '10 20 30 100', 1, 165 175 185",
    "2, '10 20 30 7 100', '0 0', 10 20 30",
    "2, '10 20 30 7 100', '0 2', 159 163 167",
    "2, '10 20 30 7 100', '0 1', 165 175 185",
    "2, '10 20 30 7 8 100', '0 0 2', 159 163 167",
    "1, '10 7 100', '0 2', 159 159 159",
    "1, '10 100', 0, 10 10 10",
    "5, '0 255 255 0 100', 0, 255 0 0",
    "5, '0 255 255 0 100', 2, 255 155 155",
    "5, '0 255 255 0 7 100', '0 2', 255 155 155",
  })
  void theFirstExtraSampleThatIsAnOpacityCounts(
      int photometric, String samples, String extra, String rgb) {
    Map<Integer, int[]> tags = new TreeMap<>(Map.of(PHOTOMETRIC, new int[] {photometric}));
    if (!extra.isEmpty()) {
      tags.put(EXTRA_SAMPLES, numbers(extra));
    }

    RgbImage image = ImageFileReader.read(tiff(8, numbers(samples), tags), "a.tiff");

    int[] expected = numbers(rgb);
    assertThat(image.rgb()).containsExactly(expected[0], expected[1], expected[2]);
  }

  @ParameterizedTest
  @CsvSource({
    "2, '10 20 30 100', 0, 10 20 30",
    "2, '10 20 30 100', 2, 159 163 167",
    "2, '10 20 30 100', 1, 165 175 185",
    "2, '10 20 30 7 100', '0 0', 10 20 30",
    "2, '10 20 30 100 7', '2 0', 159 163 167",
    "1, '10 100', 2, 159 159 159",
    "5, '0 255 255 0 100', 2, 255 155 155",
  })
  void inSeparatePlanesToo(int photometric, String samples, String extra, String rgb) {
    RgbImage image =
        ImageFileReader.read(inPlanes(photometric, numbers(samples), numbers(extra)), "a.tiff");

    int[] expected = numbers(rgb);
    assertThat(image.rgb()).containsExactly(expected[0], expected[1], expected[2]);
  }

  @ParameterizedTest
  @CsvSource({
    "2, '10 20 30 7 100', '0 2'",
    "2, '10 20 30 7 100', '0 1'",
    "2, '10 20 30 7 8 100', '0 0 2'",
    "1, '10 7 100', '0 2'",
    "5, '0 255 255 0 7 100', '0 2'",
  })
  void aPlaneOfOpacityThatTheDecoderSkipsIsNotTakenForOpaque(
      int photometric, String samples, String extra) {
    assertUnsupported(
        inPlanes(photometric, numbers(samples), numbers(extra)),
        "a TIFF file in separate planes whose opacity is not the first extra sample");
  }

  @ParameterizedTest
  @CsvSource({
    "9, JBIG",
    "33003, JPEG 2000",
    "34712, JPEG 2000",
    "34887, LERC",
    "34925, LZMA",
    "50000, ZSTD",
    "50001, WebP",
    "50002, JPEG XL",
    "12345, an unknown",
  })
  void aCompressionThatIsNotReadIsNamed(int compression, String name) {
    assertUnsupported(
        tiff(8, new int[] {1, 2, 3}, Map.of(COMPRESSION, new int[] {compression})),
        "a TIFF file with " + name + " compression (" + compression + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "16, 2, signed samples of 16 bits",
    "32, 1, samples of 32 bits",
    "32, 3, floating-point samples",
  })
  void aKindOfSampleThatIsNotReadIsNamed(int bits, int format, String kind) {
    assertUnsupported(
        tiff(bits, new int[] {1, 2, 3}, Map.of(SAMPLE_FORMAT, new int[] {format, format, format})),
        "an image with " + kind);
  }

  @ParameterizedTest
  @CsvSource({"32803", "34892"})
  void aKindOfColorThatIsNotReadIsNamed(int photometric) {
    assertUnsupported(
        tiff(8, new int[] {1, 2, 3}, Map.of(PHOTOMETRIC, new int[] {photometric})),
        ("an unusual TIFF file (Unsupported TIFF PhotometricInterpretation value: " + photometric)
            + ")");
  }

  private static void assertUnsupported(byte[] tiff, String kind) {
    assertThatExceptionOfType(UnreadableImage.class)
        .isThrownBy(() -> ImageFileReader.read(tiff, "a.tiff"))
        .withMessage(
            "a.tiff is " + kind + ", which Graft does not read; convert it, for example to PNG.");
  }

  private static int[] numbers(String text) {
    return Stream.of(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static byte[] inPlanes(int photometric, int[] samples, int[] extra) {
    int[] lengths = new int[samples.length];
    Arrays.fill(lengths, 1);
    return tiff(
        8,
        samples,
        Map.of(
            PHOTOMETRIC,
            new int[] {photometric},
            EXTRA_SAMPLES,
            extra,
            PLANAR,
            new int[] {2},
            OFFSETS,
            IntStream.range(8, 8 + samples.length).toArray(),
            LENGTHS,
            lengths));
  }

  /** Returns a file of one pixel. */
  private static byte[] tiff(int bits, int[] samples, Map<Integer, int[]> otherTags) {
    int[] allBits = new int[samples.length];
    Arrays.fill(allBits, bits);
    TreeMap<Integer, int[]> tags =
        new TreeMap<>(
            Map.of(
                256,
                new int[] {1},
                257,
                new int[] {1},
                258,
                allBits,
                COMPRESSION,
                new int[] {1},
                PHOTOMETRIC,
                new int[] {2},
                OFFSETS,
                new int[] {8},
                277,
                new int[] {samples.length},
                278,
                new int[] {1},
                LENGTHS,
                new int[] {samples.length * bits / 8}));
    tags.putAll(otherTags);
    int directory = 8 + 4 * samples.length;
    int values = directory + 2 + 12 * tags.size() + 4;
    ByteBuffer tiff = ByteBuffer.allocate(values + 200).order(ByteOrder.LITTLE_ENDIAN);
    tiff.putInt(0x002a4949).putInt(directory);
    for (int sample : samples) {
      tiff.put((byte) sample).position(tiff.position() + bits / 8 - 1);
    }
    tiff.position(directory).putShort((short) tags.size());
    for (Map.Entry<Integer, int[]> tag : tags.entrySet()) {
      int[] value = tag.getValue();
      tiff.putShort(tag.getKey().shortValue()).putShort((short) 3).putInt(value.length);
      boolean inside = value.length <= 2;
      int at = inside ? tiff.position() : values;
      tiff.putInt(values);
      for (int i = 0; i < 2 && inside; i++) {
        tiff.putShort(at + 2 * i, (short) 0);
      }
      for (int i = 0; i < value.length; i++) {
        tiff.putShort(at + 2 * i, (short) value[i]);
      }
      values += inside ? 0 : 2 * value.length;
    }
    return tiff.array();
  }
}
