package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PixelRowsTest {
  private static final int ORANGE = 0xff8001;

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void colorsAreRedFirstInEveryTypeOfJavaImage(int type) {
    BufferedImage image = new BufferedImage(2, 1, type);
    image.setRGB(0, 0, 0xff000000);
    image.setRGB(1, 0, 0xff000000 | ORANGE);

    assertThat(row(PixelRows.of(image, "a"), 0)).containsExactly(0, 0, 0, 0xff, 0x80, 0x01);
  }

  @Test
  void aPartOfAnImageIsReadAsThatPart() {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_3BYTE_BGR);
    image.setRGB(2, 3, ORANGE);

    PixelRows part = PixelRows.of(image.getSubimage(1, 2, 2, 2), "a");

    assertThat(row(part, 0)).containsOnly(0);
    assertThat(row(part, 1)).containsExactly(0, 0, 0, 0xff, 0x80, 0x01);
  }

  @Test
  void grayIsUnchangedAndOf16BitsTheUpperEightCount() {
    BufferedImage gray = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    gray.getRaster().setSample(0, 0, 0, 100);
    BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSample(0, 0, 0, 100 << 8 | 255);

    assertThat(row(PixelRows.of(gray, "a"), 0)).containsExactly(100);
    assertThat(row(PixelRows.of(deep, "a"), 0)).containsExactly(100);
  }

  @Test
  void transparentPixelsAreWhite() {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_4BYTE_ABGR);
    image.setRGB(1, 0, 0x80000000);
    image.setRGB(2, 0, 0xff000000);

    // (0 * 128 + 255 * 127) / 255 = 127
    assertThat(row(PixelRows.of(image, "a"), 0))
        .containsExactly(255, 255, 255, 127, 127, 127, 0, 0, 0);
  }

  @Test
  void aFrameLiesWhereItBelongsAndWhatIsAroundItIsWhite() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_3BYTE_BGR);
    image.setRGB(0, 0, ORANGE);

    PixelRows rows = PixelRows.of(image, "a").within(3, 2, 1, 1);

    assertThat(row(rows, 0)).hasSize(9).containsOnly(255);
    assertThat(row(rows, 1)).containsExactly(255, 255, 255, 0xff, 0x80, 0x01, 255, 255, 255);
  }

  @Test
  void samplesOfMoreThan16BitsAreRefused() {
    ColorSpace gray = ColorSpace.getInstance(ColorSpace.CS_GRAY);
    ColorModel floats =
        new ComponentColorModel(gray, false, false, Transparency.OPAQUE, DataBuffer.TYPE_FLOAT);
    BufferedImage image =
        new BufferedImage(floats, floats.createCompatibleWritableRaster(1, 1), false, null);

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> PixelRows.of(image, "a.tiff"))
        .withMessage(
            "a.tiff is an image with floating-point samples, which Graft does not read; convert it, for example to PNG.");
  }

  private static int[] row(PixelRows rows, int y) {
    byte[] row = new byte[rows.width * rows.channels];
    rows.read(y, row);
    int[] values = new int[row.length];
    for (int i = 0; i < row.length; i++) {
      values[i] = row[i] & 0xff;
    }
    return values;
  }
}
