package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class StandardizationTest {
  private static final Offset<Float> CLOSE = within(1e-5f);

  @Test
  void eachFeatureHasItsMeanAndDeviationOverAllRows() {
    Standardization measured = new Standardization(2);
    measured.add(new float[] {1, 10, 2, 30});
    measured.add(new float[] {3, 20, 6, 40});
    assertThat(measured.means()).containsExactly(new float[] {3, 25}, CLOSE);
    // Of the population: squares of the differences 4 1 0 9, and 225 25 25 225, over 4.
    assertThat(measured.deviations())
        .containsExactly(new float[] {(float) Math.sqrt(3.5), (float) Math.sqrt(125)}, CLOSE);
  }

  @Test
  void aFeatureThatNeverVariesHasASmallDeviationAndNotNought() {
    Standardization measured = new Standardization(2);
    measured.add(new float[] {5, 0.1f, 5, 0.1f, 5, 0.1f});
    assertThat(measured.means()).containsExactly(5, 0.1f);
    assertThat(measured.deviations()).containsExactly(new float[] {0.001f, 0.001f}, within(1e-6f));
  }

  @Test
  void sumsDoNotLoseSmallDifferencesOfLargeNumbers() {
    Standardization measured = new Standardization(1);
    for (int i = 0; i < 10_000; i++) {
      measured.add(new float[] {1000, 1001});
    }
    assertThat(measured.means()).containsExactly(1000.5f);
    assertThat(measured.deviations()).containsExactly(new float[] {0.5f}, CLOSE);
  }
}
