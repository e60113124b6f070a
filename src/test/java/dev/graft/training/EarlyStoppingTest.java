package dev.graft.training;

import static dev.graft.training.EarlyStopping.Decision.IMPROVED;
import static dev.graft.training.EarlyStopping.Decision.STOP;
import static dev.graft.training.EarlyStopping.Decision.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyStoppingTest {
  /** As in Keras's tests: three falling losses, then no lower one. */
  @ParameterizedTest
  @CsvSource({"0, 4", "1, 4", "2, 5", "3, 6", "4, 7"})
  void trainingStopsAfterPatienceEpochsWithoutImprovement(int patience, int last) {
    List<EarlyStopping.Decision> decisions = decisions(patience, 0, 5, 4, 3, 4, 3.9, 3.8, 3.7, 3.6);
    assertThat(decisions).hasSize(last);
    assertThat(decisions.subList(0, 3)).containsOnly(IMPROVED);
    assertThat(decisions.subList(3, last - 1)).doesNotContain(IMPROVED, STOP);
    assertThat(decisions.get(last - 1)).isEqualTo(STOP);
  }

  @Test
  void anImprovementResetsTheCount() {
    assertThat(decisions(2, 0, 1.0, 1.1, 0.9, 1.0, 0.8, 0.81, 0.82))
        .containsExactly(IMPROVED, WAIT, IMPROVED, WAIT, IMPROVED, WAIT, STOP);
  }

  @Test
  void improvementIsRelativeToTheBestLoss() {
    assertThat(decisions(3, 0, 0.5, 0.9, 0.8, 0.7)).containsExactly(IMPROVED, WAIT, WAIT, STOP);
  }

  @Test
  void anEqualLossIsNotAnImprovement() {
    assertThat(decisions(1, 0, 0.5, 0.5)).containsExactly(IMPROVED, STOP);
  }

  @Test
  void aChangeMustBeLargerThanMinDelta() {
    assertThat(decisions(9, 0.25, 1.0, 0.75, 0.74)).containsExactly(IMPROVED, WAIT, IMPROVED);
  }

  @Test
  void changesBelowMinDeltaAddUp() {
    assertThat(decisions(9, 0.25, 1.0, 0.9, 0.8, 0.7, 0.6))
        .containsExactly(IMPROVED, WAIT, WAIT, IMPROVED, WAIT);
  }

  @Test
  void aNanLossNeverImproves() {
    assertThat(decisions(3, 0, Double.NaN, 0.5, Double.NaN, 0.4))
        .containsExactly(WAIT, IMPROVED, WAIT, IMPROVED);
    assertThat(decisions(2, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
    assertThat(decisions(2, 0, Double.POSITIVE_INFINITY, 7)).containsExactly(WAIT, IMPROVED);
  }

  @Test
  void trainingNeverStopsAfterTheFirstEpoch() {
    assertThat(new EarlyStopping(0, 0).after()).as("before it").isNotEqualTo(STOP);
    assertThat(decisions(0, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
    assertThat(decisions(1, 0, Double.NaN, Double.NaN)).containsExactly(WAIT, STOP);
  }

  private static List<EarlyStopping.Decision> decisions(
      int patience, double minDelta, double... losses) {
    EarlyStopping stopping = new EarlyStopping(patience, minDelta);
    List<EarlyStopping.Decision> decisions = new ArrayList<>();
    for (int epochs = 1; epochs <= losses.length; epochs++) {
      decisions.add(stopping.after(Arrays.copyOf(losses, epochs)));
      if (decisions.get(decisions.size() - 1) == STOP) {
        break;
      }
    }
    return decisions;
  }
}
