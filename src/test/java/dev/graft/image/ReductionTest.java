package dev.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReductionTest {
  @ParameterizedTest
  @CsvSource({"400, 300, 0, 1", "400, 300, 64, 4", "300, 400, 150, 2", "400, 300, 301, 1"})
  void theFactorIsTheGreatestThatLeavesTheShorterSideLongEnough(
      int width, int height, int least, int factor) {
    assertThat(Reduction.factor(width, height, least)).isEqualTo(factor);
  }

  @Test
  void aPixelIsTheRoundedMeanOfItsBoxAndBoxesAtTheEdgesAreSmaller() {
    Stored image = new Stored(3, 3, 1, 1, 2, 10, 3, 4, 11, 7, 8, 255);

    Reduction.Reduced reduced = Reduction.of(image, 2, Orientation.UPRIGHT);

    assertThat(reduced.width()).isEqualTo(2);
    assertThat(reduced.height()).isEqualTo(2);
    // (1 + 2 + 3 + 4) / 4 = 2.5, (10 + 11) / 2 = 10.5, (7 + 8) / 2 = 7.5
    assertThat(reduced.samples()).isEqualTo(new byte[] {3, 11, 8, (byte) 255});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void anImageIsReducedAsItIsSeenHoweverItIsStored(int orientation) {
    for (int channels : new int[] {1, 3, 4}) {
      for (int factor = 1; factor <= 4; factor++) {
        byte[] samples = new byte[7 * 5 * channels];
        new Random(factor).nextBytes(samples);
        Stored stored = new Stored(7, 5, channels, samples);

        Reduction.Reduced reduced = Reduction.of(stored, factor, orientation);

        Reduction.Reduced expected = Reduction.of(stored.turned(orientation), factor, 1);
        assertThat(reduced.width()).isEqualTo(expected.width());
        assertThat(reduced.height()).isEqualTo(expected.height());
        assertThat(reduced.samples()).isEqualTo(expected.samples());
      }
    }
  }

  /** The fixed-point arithmetic of Pillow would not be exact here. */
  @Test
  void theMeanOfALargeBoxIsExact() {
    byte[] samples = new byte[300 * 200];
    Arrays.fill(samples, (byte) 201);

    assertThat(Reduction.of(new Stored(300, 200, 1, samples), 200, 1).samples())
        .isEqualTo(new byte[] {(byte) 201, (byte) 201});
  }

  private static final class Stored extends PixelRows {
    private final byte[] samples;

    Stored(int width, int height, int channels, int... samples) {
      this(width, height, channels, new byte[samples.length]);
      for (int i = 0; i < samples.length; i++) {
        this.samples[i] = (byte) samples[i];
      }
    }

    Stored(int width, int height, int channels, byte[] samples) {
      super(width, height, channels);
      this.samples = samples;
    }

    @Override
    void read(int y, byte[] row) {
      System.arraycopy(samples, y * row.length, row, 0, row.length);
    }

    /** Turns by an orientation of EXIF, which names the sides of the first row and column. */
    Stored turned(int orientation) {
      boolean transposed = orientation > 4;
      Stored turned =
          new Stored(
              transposed ? height : width,
              transposed ? width : height,
              channels,
              new byte[samples.length]);
      int right = width - 1;
      int bottom = height - 1;
      for (int y = 0; y < turned.height; y++) {
        for (int x = 0; x < turned.width; x++) {
          int[] from =
              switch (orientation) {
                case 1 -> new int[] {x, y};
                case 2 -> new int[] {right - x, y};
                case 3 -> new int[] {right - x, bottom - y};
                case 4 -> new int[] {x, bottom - y};
                case 5 -> new int[] {y, x};
                case 6 -> new int[] {y, bottom - x};
                case 7 -> new int[] {right - y, bottom - x};
                default -> new int[] {right - y, x};
              };
          System.arraycopy(
              samples,
              (from[1] * width + from[0]) * channels,
              turned.samples,
              (y * turned.width + x) * channels,
              channels);
        }
      }
      return turned;
    }
  }
}
