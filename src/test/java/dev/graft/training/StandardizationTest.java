package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class StandardizationTest {
  private static final Offset<Float> CLOSE = within(1e-5f);

  @Test
  void meansAndDeviationsAreOverAllRows() {
    Standardization measured = new Standardization(2);
    measured.add(new float[] {1, 10, 2, 30});
    measured.add(new float[] {3, 20, 6, 40});
    assertThat(measured.means()).containsExactly(new float[] {3, 25}, CLOSE);
    // Of the population: squares of the differences 4 1 0 9, and 225 25 25 225, over 4: 3.5 and
    // 125; in the ten more images 125, the upper one in the middle of two.
    assertThat(measured.deviations())
        .containsExactly(
            new float[] {(float) Math.sqrt((4 * 3.5 + 10 * 125) / 14), (float) Math.sqrt(125)},
            CLOSE);
  }

  @Test
  void thePriorDoesNotMatterForThousandsOfImages() {
    Standardization measured = new Standardization(3);
    for (int i = 0; i < 20_000; i++) {
      measured.add(new float[] {0, 10, 100, 2, 14, 120}); // variances 1, 4 and 100
    }
    assertThat(measured.deviations()).containsExactly(new float[] {1, 2, 10}, within(0.01f));
  }

  @Test
  void aFeatureThatIsConstantInFewImagesIsNotScaledUp() {
    Standardization measured = new Standardization(3);
    measured.add(new float[] {5, 0, 10, 5, 6, 16}); // variances 0, 9 and 9
    float least = (float) Math.sqrt(10 * 9 / 12.0);
    assertThat(measured.deviations()).containsExactly(new float[] {least, 3, 3}, CLOSE);
  }

  @Test
  void aConstantFeatureHasASmallDeviation() {
    Standardization measured = new Standardization(2);
    measured.add(new float[] {5, 0.1f, 5, 0.1f, 5, 0.1f});
    assertThat(measured.means()).containsExactly(5, 0.1f);
    assertThat(measured.deviations()).containsExactly(new float[] {0.001f, 0.001f}, within(1e-6f));
  }

  @Test
  void smallDifferencesOfLargeValuesAreKept() {
    Standardization measured = new Standardization(1);
    for (int i = 0; i < 10_000; i++) {
      measured.add(new float[] {8000.5f, 8001.5f});
    }
    assertThat(measured.means()).containsExactly(8001);
    assertThat(measured.deviations()).containsExactly(new float[] {0.5f}, CLOSE);
  }
}
