package dev.graft.training;

import static dev.graft.training.EarlyStopping.Decision.IMPROVED;
import static dev.graft.training.EarlyStopping.Decision.STOP;
import static dev.graft.training.EarlyStopping.Decision.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyStoppingTest {
  /** As in Keras's tests: three falling losses, then none below them for as long as it takes. */
  @ParameterizedTest
  @CsvSource({"0, 4", "1, 4", "2, 5", "3, 6", "4, 7"})
  void trainingStopsAfterPatienceEpochsWithoutABetterOne(int patience, int last) {
    List<EarlyStopping.Decision> verdicts = verdicts(patience, 0, 5, 4, 3, 4, 3.9, 3.8, 3.7, 3.6);
    assertThat(verdicts).hasSize(last);
    assertThat(verdicts.subList(0, 3)).containsOnly(IMPROVED);
    assertThat(verdicts.subList(3, last - 1)).doesNotContain(IMPROVED, STOP);
    assertThat(verdicts.get(last - 1)).isEqualTo(STOP);
  }

  @Test
  void anImprovementStartsTheCountAnew() {
    assertThat(verdicts(2, 0, 1.0, 1.1, 0.9, 1.0, 0.8, 0.81, 0.82))
        .containsExactly(IMPROVED, WAIT, IMPROVED, WAIT, IMPROVED, WAIT, STOP);
  }

  @Test
  void improvementIsAgainstTheBestAndNotTheLast() {
    assertThat(verdicts(3, 0, 0.5, 0.9, 0.8, 0.7)).containsExactly(IMPROVED, WAIT, WAIT, STOP);
  }

  @Test
  void anEqualLossIsNoImprovement() {
    assertThat(verdicts(1, 0, 0.5, 0.5)).containsExactly(IMPROVED, STOP);
  }

  @Test
  void aChangeMustBeLargerThanMinDelta() {
    assertThat(verdicts(9, 0.25, 1.0, 0.75, 0.74)).containsExactly(IMPROVED, WAIT, IMPROVED);
  }

  @Test
  void changesBelowMinDeltaAddUpSinceTheBestStays() {
    assertThat(verdicts(9, 0.25, 1.0, 0.9, 0.8, 0.7, 0.6))
        .containsExactly(IMPROVED, WAIT, WAIT, IMPROVED, WAIT);
  }

  @Test
  void aLossThatIsNoNumberNeverImprovesAndNeverBecomesTheBest() {
    assertThat(verdicts(3, 0, Double.NaN, 0.5, Double.NaN, 0.4))
        .containsExactly(WAIT, IMPROVED, WAIT, IMPROVED);
    assertThat(verdicts(2, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
    assertThat(verdicts(2, 0, Double.POSITIVE_INFINITY, 7)).containsExactly(WAIT, IMPROVED);
  }

  @Test
  void trainingNeverStopsAfterTheFirstEpoch() {
    assertThat(verdicts(0, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
    assertThat(verdicts(1, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
  }

  @Test
  void theBestEpochCountsFromOneAndIsNoughtWhileThereIsNone() {
    EarlyStopping stopping = new EarlyStopping(5, 0);
    assertThat(stopping.bestEpoch()).isZero();
    stopping.next(Double.NaN);
    assertThat(stopping.bestEpoch()).isZero();
    stopping.next(0.5);
    assertThat(stopping.bestEpoch()).isEqualTo(2);
    stopping.next(0.5);
    stopping.next(0.6);
    assertThat(stopping.bestEpoch()).isEqualTo(2);
    stopping.next(0.4);
    assertThat(stopping.bestEpoch()).isEqualTo(5);
  }

  private static List<EarlyStopping.Decision> verdicts(
      int patience, double minDelta, double... losses) {
    EarlyStopping stopping = new EarlyStopping(patience, minDelta);
    List<EarlyStopping.Decision> verdicts = new ArrayList<>();
    for (double loss : losses) {
      verdicts.add(stopping.next(loss));
      if (verdicts.get(verdicts.size() - 1) == STOP) {
        break;
      }
    }
    return verdicts;
  }
}
