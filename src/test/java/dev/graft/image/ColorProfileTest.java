package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ColorProfileTest {
  private static final byte[] LINEAR = profile(ColorSpace.CS_LINEAR_RGB);
  private static final byte[] LINEAR_GRAY = profile(ColorSpace.CS_GRAY);

  @Test
  void withoutAProfileGrayAndRgbAreUnchanged() {
    assertThat(toSrgb(1, null, 7, 200)).containsExactly(7, 7, 7, 200, 200, 200);
    assertThat(toSrgb(3, null, 1, 2, 255)).containsExactly(1, 2, 255);
  }

  @Test
  void withoutAProfileEachInkIsScaledByBlack() {
    assertThat(toSrgb(4, null, 0, 0, 0, 0)).as("paper").containsExactly(255, 255, 255);
    assertThat(toSrgb(4, null, 0, 0, 0, 255)).as("black").containsExactly(0, 0, 0);
    assertThat(toSrgb(4, null, 255, 0, 0, 0)).as("cyan").containsExactly(0, 255, 255);
    assertThat(toSrgb(4, null, 255, 0, 0, 155)).as("dark cyan").containsExactly(0, 100, 100);
  }

  @Test
  void linearSamplesBecomeBrighter() {
    // sRGB's curve: 1.055 * (128 / 255) ^ (1 / 2.4) - 0.055 = 0.737
    assertThat(toSrgb(3, LINEAR, 0, 128, 255)).satisfies(rgb -> isNear(rgb, 0, 188, 255));
    assertThat(toSrgb(1, LINEAR_GRAY, 128)).satisfies(rgb -> isNear(rgb, 188, 188, 188));
  }

  @Test
  void manyPixelsAreConvertedAsEachAlone() {
    int pixels = 40_000;
    int[] samples = IntStream.range(0, 3 * pixels).map(i -> i / 7 & 0xff).toArray();

    int[] all = toSrgb(3, LINEAR, samples);

    for (int pixel : new int[] {0, 16_383, 16_384, pixels - 1}) {
      int[] one = {samples[3 * pixel], samples[3 * pixel + 1], samples[3 * pixel + 2]};
      assertThat(IntStream.range(3 * pixel, 3 * pixel + 3).map(i -> all[i]))
          .containsExactly(IntStream.of(toSrgb(3, LINEAR, one)).boxed().toArray(Integer[]::new));
    }
  }

  @Test
  void aProfileThatIsSrgbOrBrokenOrForAnotherKindOfImageChangesNothing() {
    byte[] broken = LINEAR.clone();
    broken[36] = 0; // its signature
    Stream.of(profile(ColorSpace.CS_sRGB), LINEAR_GRAY, broken, new byte[200], new byte[0])
        .forEach(
            profile -> assertThat(toSrgb(3, profile, 1, 128, 255)).containsExactly(1, 128, 255));
    assertThat(toSrgb(1, LINEAR, 128)).containsExactly(128, 128, 128);
  }

  private static void isNear(int[] rgb, int... expected) {
    for (int i = 0; i < 3; i++) {
      assertThat(rgb[i]).isBetween(expected[i] - 1, expected[i] + 1);
    }
  }

  private static byte[] profile(int space) {
    return ICC_Profile.getInstance(space).getData();
  }

  private static int[] toSrgb(int channels, byte[] profile, int... samples) {
    byte[] bytes = new byte[samples.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) samples[i];
    }
    Reduction.Reduced reduced =
        new Reduction.Reduced(samples.length / channels, 1, channels, bytes);
    byte[] rgb = ColorProfile.toSrgb(reduced, profile).rgb();
    return IntStream.range(0, rgb.length).map(i -> rgb[i] & 0xff).toArray();
  }
}
