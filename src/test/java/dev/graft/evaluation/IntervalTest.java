package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalTest {
  /** Literals of statsmodels 0.14, {@code proportion_confint(hits, count, method='wilson')}. */
  @ParameterizedTest
  @CsvSource({
    "5, 10, 0.236593, 0.763407",
    "9400, 10000, 0.935174, 0.944488",
    "0, 10, 0, 0.277533",
    "10, 10, 0.722467, 1",
    "1, 1, 0.206549, 1"
  })
  void itIsWilsonsScoreInterval(int hits, int count, double low, double high) {
    Interval interval = Interval.wilson(hits, count);
    assertThat(interval.low()).isCloseTo(low, within(1e-6));
    assertThat(interval.high()).isCloseTo(high, within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 10, 49, 1_000, 10_000, 60_000})
  void itEndsAtZeroAndOneExactly(int count) {
    assertThat(Interval.wilson(0, count).low()).isZero();
    assertThat(Interval.wilson(count, count).high()).isEqualTo(1);
  }
}
