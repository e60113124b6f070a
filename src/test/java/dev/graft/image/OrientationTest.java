package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrientationTest {
  private static final int ORIENTATION = 0x112;
  private static final int MAKE = 0x10f;
  private static final int ASCII = 2;
  private static final int SHORT = 3;
  private static final int LONG = 4;

  @Test
  void bothByteOrdersAndBothSizesOfNumbersAreRead() {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      for (int type : new int[] {SHORT, LONG}) {
        byte[] exif = exif(order, entry(ORIENTATION, type, 1, 6));
        assertThat(Orientation.of(List.of(exif))).as("%s, type %d", order, type).isEqualTo(6);
      }
    }
  }

  @Test
  void theFirstOfTwoNumbersCounts() {
    byte[] two = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, SHORT, 2, 6));
    byte[] elsewhere = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, LONG, 2, 6));

    assertThat(Orientation.of(List.of(two))).isEqualTo(6);
    assertThat(Orientation.of(List.of(elsewhere))).isEqualTo(Orientation.UPRIGHT);
  }

  @Test
  void theThumbnailsOrientationDoesNotTurnTheImage() {
    byte[] first = exif(ByteOrder.LITTLE_ENDIAN, entry(0x100, LONG, 1, 96));
    byte[] second = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, SHORT, 1, 6));
    byte[] both = Arrays.copyOf(first, first.length + second.length - 8);
    System.arraycopy(second, 8, both, first.length, second.length - 8);
    ByteBuffer.wrap(both).order(ByteOrder.LITTLE_ENDIAN).putInt(first.length - 4, first.length);

    assertThat(Orientation.of(List.of(both))).isEqualTo(Orientation.UPRIGHT);
  }

  @Test
  void faultsInOtherEntriesDoNotHideTheOrientation() {
    int[] hugeText = entry(MAKE, ASCII, -1, -256);
    int[] unknownType = entry(MAKE, 99, 5, 8);
    int[] wildDirectory = entry(0x8769, LONG, 1, -16);

    byte[] exif =
        exif(
            ByteOrder.LITTLE_ENDIAN,
            hugeText,
            unknownType,
            wildDirectory,
            entry(ORIENTATION, SHORT, 1, 8));

    assertThat(Orientation.of(List.of(exif))).isEqualTo(8);
  }

  @Test
  void theCompleteEntriesOfATruncatedDirectoryCount() {
    int[] orientation = entry(ORIENTATION, SHORT, 1, 6);
    byte[] exif =
        exif(ByteOrder.LITTLE_ENDIAN, entry(0x100, LONG, 1, 96), orientation, entry(MAKE, 2, 9, 0));

    int afterOrientation = 8 + 2 + 2 * 12;
    for (int length = 0; length < exif.length; length++) {
      // The last two bytes of the entry are unused.
      assertThat(Orientation.of(List.of(Arrays.copyOf(exif, length))))
          .as("%d bytes", length)
          .isEqualTo(length < afterOrientation - 2 ? Orientation.UPRIGHT : 6);
    }
    ByteBuffer.wrap(exif).order(ByteOrder.LITTLE_ENDIAN).putShort(8, (short) -1);
    assertThat(Orientation.of(List.of(exif))).as("65535 entries").isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 262, -1})
  void invalidOrientationsLeaveTheImageUpright(int value) {
    byte[] exif = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, LONG, 1, value));

    assertThat(Orientation.of(List.of(exif))).isEqualTo(Orientation.UPRIGHT);
  }

  @Test
  void aBlockMayHaveItsNameInFrontMoreThanOnce() {
    byte[] exif = exif(ByteOrder.BIG_ENDIAN, entry(ORIENTATION, SHORT, 1, 3));
    byte[] name = "Exif\0\0Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    byte[] named = Arrays.copyOf(name, name.length + exif.length);
    System.arraycopy(exif, 0, named, name.length, exif.length);

    assertThat(Orientation.of(List.of(named))).isEqualTo(3);
    assertThat(Orientation.of(List.of(Arrays.copyOfRange(named, 6, named.length)))).isEqualTo(3);
  }

  @Test
  void theFirstBlockWithAnOrientationCounts() {
    byte[] broken = {'I', 'I', 42, 0, -1, -1, -1, 127};
    byte[] without = exif(ByteOrder.LITTLE_ENDIAN, entry(MAKE, ASCII, 1, 0));
    byte[] six = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, SHORT, 1, 6));
    byte[] three = exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, SHORT, 1, 3));

    assertThat(Orientation.of(List.of(new byte[0], broken, without, six, three))).isEqualTo(6);
    assertThat(Orientation.of(List.of())).isEqualTo(Orientation.UPRIGHT);
  }

  private static int[] entry(int tag, int type, int count, int value) {
    return new int[] {tag, type, count, value};
  }

  /** Returns a block of EXIF data with one directory. */
  static byte[] exif(ByteOrder order, int[]... entries) {
    ByteBuffer exif = ByteBuffer.allocate(8 + 2 + 12 * entries.length + 4).order(order);
    exif.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4d4d));
    exif.putShort((short) 42).putInt(8).putShort((short) entries.length);
    for (int[] entry : entries) {
      exif.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
      if (entry[1] == SHORT) {
        exif.putShort((short) entry[3]).putShort((short) 0);
      } else {
        exif.putInt(entry[3]);
      }
    }
    return exif.array();
  }

  /** Returns a block of EXIF data with an orientation. */
  static byte[] exif(int orientation) {
    return exif(ByteOrder.LITTLE_ENDIAN, entry(ORIENTATION, SHORT, 1, orientation));
  }
}
