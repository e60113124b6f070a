package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RangeTestTest {
  private static final RangeTest EMPTY = new RangeTest(List.of());

  private static RangeTest of(double... losses) {
    RangeTest test = EMPTY;
    for (int i = 0; i < losses.length; i++) {
      test = test.plus(RangeTest.rate(1e-4, 1, i, losses.length), losses[i]);
    }
    return test;
  }

  @Test
  void ratesGrowByEqualFactors() {
    assertThat(RangeTest.rate(1e-4, 1, 0, 5)).isEqualTo(1e-4);
    assertThat(RangeTest.rate(1e-4, 1, 1, 5)).isCloseTo(1e-3, within(1e-15));
    assertThat(RangeTest.rate(1e-4, 1, 4, 5)).isEqualTo(1);
  }

  @Test
  void theSmoothedLossStartsUnbiased() {
    List<RangeTest.Step> steps = of(2, 2, 1).steps();
    assertThat(steps.get(0).smoothed()).isCloseTo(2, within(1e-12));
    assertThat(steps.get(1).smoothed()).isCloseTo(2, within(1e-12));
    // (0.81 * 2 + 0.9 * 2 + 1) / (0.81 + 0.9 + 1)
    assertThat(steps.get(2).smoothed()).isCloseTo(4.42 / 2.71, within(1e-12));
  }

  @Test
  void aTenthOfTheRateWithTheLowestLossIsSuggested() {
    double[] losses = new double[81];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = 3 - (i <= 60 ? i / 30.0 : 2 - (i - 60) / 2.0);
    }
    RangeTest test = of(losses);
    double lowest = test.lowest().orElseThrow().rate();
    assertThat(lowest).isBetween(RangeTest.rate(1e-4, 1, 60, 81), RangeTest.rate(1e-4, 1, 63, 81));
    assertThat(test.suggestion().orElseThrow()).isCloseTo(lowest / 10, within(1e-15));
  }

  @Test
  void aLossThatOnlyGrowsSuggestsNothing() {
    assertThat(of(1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7).suggestion()).isEmpty();
    assertThat(of(1, 1).suggestion()).isEmpty();
  }

  @Test
  void theTestEndsOnceTheLossHasGrownFourfold() {
    RangeTest test = of(1, 1, 1, 1, 1, 1, 1);
    assertThat(test.hasDiverged()).isFalse();
    assertThat(test.plus(1, 15).hasDiverged()).isFalse(); // smoothed: 3.46
    assertThat(test.plus(1, 30).hasDiverged()).isTrue();
    assertThat(test.plus(1, Double.NaN).hasDiverged()).isTrue();
  }

  @Test
  void theCsvHasOneRowPerStep() {
    assertThat(of(2, 2).toCsv())
        .isEqualTo(
            """
            step,learning_rate,loss,smoothed_loss
            1,1.000000e-04,2.000000,2.000000
            2,1.000000e+00,2.000000,2.000000
            """);
  }
}
