package dev.graft.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.graft.image.RgbImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
  @Test
  void aBitIsSetWhereTheNextCellIsBrighterByMoreThanNoise() {
    int[] gray = new int[9 * 8];
    for (int x = 0; x < 9; x++) {
      gray[x] = 10 * x; // row 0 grows brighter
      gray[9 + x] = 200 - 10 * x; // row 1 grows darker
    }
    gray[2 * 9 + 3] = 5; // row 2 has one bright cell, the fourth
    gray[3 * 9 + 3] = 4; // in row 3, it is no brighter than noise

    long hash = Fingerprint.of(grays(9, 8, gray)).hash();

    assertThat(Long.toHexString(hash)).isEqualTo("ff00200000000000");
  }

  @Test
  void aThumbnailOfAnImageOfItsSizeIsTheImage() {
    int[] gray = new int[256];
    Arrays.setAll(gray, i -> i);

    byte[] thumbnail = Fingerprint.of(grays(16, 16, gray)).thumbnail();

    for (int i = 0; i < 256; i++) {
      assertThat(thumbnail[i] & 0xff).isEqualTo(i);
    }
  }

  @Test
  void colorsBecomeGrayByTheirBrightness() {
    assertThat(Fingerprint.of(new RgbImage(1, 1, new byte[] {(byte) 255, 0, 0})).thumbnail())
        .containsOnly(77);
    assertThat(Fingerprint.of(new RgbImage(1, 1, new byte[] {0, (byte) 255, 0})).thumbnail())
        .containsOnly(149);
    assertThat(Fingerprint.of(new RgbImage(1, 1, new byte[] {0, 0, (byte) 255})).thumbnail())
        .containsOnly(29);
  }

  /** Enlarged until no box cuts a pixel, the image must have the same fingerprint. */
  @ParameterizedTest
  @CsvSource({"1, 1", "7, 5", "16, 9", "33, 32", "150, 3"})
  void pixelsBetweenTwoBoxesAreSharedByArea(int width, int height) {
    Random random = new Random(3);
    byte[] rgb = new byte[3 * width * height];
    random.nextBytes(rgb);
    int across = 9 * 16;
    byte[] enlarged = new byte[rgb.length * across * 16];
    for (int y = 0, i = 0; y < height * 16; y++) {
      for (int x = 0; x < width * across; x++) {
        for (int c = 0; c < 3; c++) {
          enlarged[i++] = rgb[3 * (y / 16 * width + x / across) + c];
        }
      }
    }

    Fingerprint small = Fingerprint.of(new RgbImage(width, height, rgb));
    Fingerprint large = Fingerprint.of(new RgbImage(width * across, height * 16, enlarged));

    assertThat(small.hash()).isEqualTo(large.hash());
    assertThat(small.thumbnail()).isEqualTo(large.thumbnail());
  }

  @Test
  void aFlatImageHasNoBits() {
    Fingerprint flat = Fingerprint.of(grays(101, 67, filled(101 * 67, 200)));

    assertThat(flat.hash()).isZero();
    assertThat(flat.thumbnail()).containsOnly((byte) 200);
  }

  @Test
  void writtenFingerprintsAreReadUnchanged() {
    byte[] rgb = new byte[3 * 40 * 30];
    new Random(1).nextBytes(rgb);
    Fingerprint fingerprint = Fingerprint.of(new RgbImage(40, 30, rgb));
    ByteBuffer buffer = ByteBuffer.allocate(Fingerprint.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    fingerprint.writeTo(buffer);

    assertThat(buffer.hasRemaining()).isFalse();
    assertThat(Fingerprint.readFrom(buffer.flip()))
        .isEqualTo(fingerprint)
        .hasSameHashCodeAs(fingerprint)
        .isNotEqualTo(Fingerprint.of(new RgbImage(30, 40, rgb)));
  }

  @Test
  void aThumbnailHas256Pixels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Fingerprint(0, new byte[255]))
        .withMessage("a thumbnail has 256 bytes, was 255");
  }

  private static int[] filled(int length, int value) {
    int[] values = new int[length];
    Arrays.fill(values, value);
    return values;
  }

  private static RgbImage grays(int width, int height, int[] gray) {
    byte[] rgb = new byte[3 * gray.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) gray[i / 3];
    }
    return new RgbImage(width, height, rgb);
  }
}
