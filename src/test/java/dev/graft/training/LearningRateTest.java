package dev.graft.training;

import static dev.graft.recipe.Recipe.Schedule.CONSTANT;
import static dev.graft.recipe.Recipe.Schedule.COSINE;
import static dev.graft.recipe.Recipe.Schedule.ONE_CYCLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void aConstantRateIsOne() {
    LearningRate rate = new LearningRate(CONSTANT, 0, 10);
    assertThat(rate.at(0)).isEqualTo(1);
    assertThat(rate.at(9)).isEqualTo(1);
    assertThat(rate.at(1000)).isEqualTo(1);
  }

  @Test
  void aCosineFallsFromOneOverHalfToZero() {
    LearningRate rate = new LearningRate(COSINE, 0, 6);
    assertThat(rate.at(0)).isEqualTo(1);
    assertThat(rate.at(1)).isEqualTo(0.5 + Math.sqrt(3) / 4, within(1e-12));
    assertThat(rate.at(2)).isEqualTo(0.75, within(1e-12));
    assertThat(rate.at(3)).isEqualTo(0.5, within(1e-12));
    assertThat(rate.at(4)).isEqualTo(0.25, within(1e-12));
    assertThat(rate.at(6)).isEqualTo(0, within(1e-12));
    assertThat(rate.at(1000)).isEqualTo(0, within(1e-12));
  }

  @Test
  void theWarmUpIsLinearAndNeverZero() {
    LearningRate rate = new LearningRate(CONSTANT, 3, 10);
    assertThat(rate.at(0)).isEqualTo(0.25);
    assertThat(rate.at(1)).isEqualTo(0.5);
    assertThat(rate.at(2)).isEqualTo(0.75);
    assertThat(rate.at(3)).isEqualTo(1);
  }

  @Test
  void aCosineStartsAfterTheWarmUp() {
    LearningRate rate = new LearningRate(COSINE, 4, 10);
    assertThat(rate.at(3)).isEqualTo(0.8);
    assertThat(rate.at(4)).isEqualTo(1);
    assertThat(rate.at(7)).isEqualTo(0.5, within(1e-12));
    assertThat(rate.at(10)).isEqualTo(0, within(1e-12));
  }

  @Test
  void epochsAreConvertedToSteps() {
    assertThat(LearningRate.of(COSINE, 0.5, 6, 351)).isEqualTo(new LearningRate(COSINE, 176, 2106));
    assertThat(LearningRate.of(CONSTANT, 0, 1, 1)).isEqualTo(new LearningRate(CONSTANT, 0, 1));
    assertThat(LearningRate.of(CONSTANT, 2, 100_000, 45_000))
        .isEqualTo(new LearningRate(CONSTANT, 90_000, 4_500_000_000L));
  }

  /** By the formulas of torch.optim.lr_scheduler.OneCycleLR, with max_lr=1 and total_steps=20. */
  @Test
  void oneCycleIsThatOfPyTorch() {
    LearningRate rate = LearningRate.of(ONE_CYCLE, 0, 4, 5);
    assertThat(rate.at(0)).isEqualTo(0.04, within(1e-9));
    assertThat(rate.at(3)).isEqualTo(0.668328157, within(1e-6));
    assertThat(rate.at(5)).isEqualTo(1, within(1e-9));
    assertThat(rate.at(6)).isEqualTo(0.987464006, within(1e-6));
    assertThat(rate.at(12)).isEqualTo(0.500002000, within(1e-6));
    assertThat(rate.at(19)).isEqualTo(4e-6, within(1e-9));
  }

  @Test
  void aPartThatStartsLaterHasItsOwnWarmUpAndEndsWithTheRest() {
    LearningRate later = new LearningRate(COSINE, 2, 10).startingAt(4);
    assertThat(later).isEqualTo(new LearningRate(COSINE, 2, 6));
    assertThat(new LearningRate(CONSTANT, 3, 10).startingAt(8).warmupSteps()).isEqualTo(1);
    assertThat(LearningRate.of(ONE_CYCLE, 0, 10, 100).startingAt(700).warmupSteps()).isEqualTo(89);
  }

  @Test
  void aWarmUpOfNearlyAllEpochsLeavesOneStep() {
    assertThat(LearningRate.of(COSINE, 14.999, 15, 10))
        .isEqualTo(new LearningRate(COSINE, 149, 150));
    assertThat(LearningRate.of(COSINE, 0.9, 1, 1)).isEqualTo(new LearningRate(COSINE, 0, 1));
  }

  @Test
  void aWarmUpAsLongAsTheTrainingIsRejected() {
    assertThatIllegalArgumentException().isThrownBy(() -> new LearningRate(COSINE, 10, 10));
    assertThatIllegalArgumentException().isThrownBy(() -> new LearningRate(COSINE, -1, 10));
  }
}
