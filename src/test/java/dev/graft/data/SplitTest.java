package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitTest {
  /** Ten classes of 20, mixed. */
  private static final int[] TEN_BY_TWENTY = IntStream.range(0, 200).map(i -> i * 7 % 10).toArray();

  @Test
  void trainingAndValidationAreDisjointCompleteAndAscending() {
    Split split = Split.stratified(TEN_BY_TWENTY, 0.1, 1);

    assertThat(split.train()).hasSize(180).isSorted();
    assertThat(split.validation()).hasSize(20).isSorted();
    assertThat(IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.validation())))
        .doesNotHaveDuplicates()
        .hasSize(200)
        .allMatch(i -> i >= 0 && i < 200);
  }

  @Test
  void everyClassGivesTheSameShare() {
    Split split = Split.stratified(TEN_BY_TWENTY, 0.1, 1);

    assertThat(countsByLabel(split.validation(), TEN_BY_TWENTY, 10)).containsOnly(2);
  }

  @Test
  void theSameSeedDrawsTheSamePicturesOnEveryMachine() {
    int[] labels = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};

    assertThat(Split.stratified(labels, 0.4, 42).validation()).containsExactly(2, 3, 4, 9);
  }

  @Test
  void anotherSeedDrawsOtherPictures() {
    assertThat(Split.stratified(TEN_BY_TWENTY, 0.1, 1).validation())
        .isNotEqualTo(Split.stratified(TEN_BY_TWENTY, 0.1, 2).validation());
  }

  @Test
  void whatIsDrawnIsNotSimplyTheFirstOrLastOfAClass() {
    int[] oneClass = new int[1_000];
    int[] validation = Split.stratified(oneClass, 0.5, 3).validation();

    assertThat(Arrays.stream(validation).filter(i -> i < 500).count()).isBetween(200L, 300L);
  }

  @Test
  void twoClassesOfFiveHoldOutOneEachAtAFifth() {
    int[] labels = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

    Split split = Split.stratified(labels, 0.2, 7);

    assertThat(countsByLabel(split.validation(), labels, 2)).containsExactly(1, 1);
    assertThat(countsByLabel(split.train(), labels, 2)).containsExactly(4, 4);
  }

  @Test
  void whatRoundingLeavesGoesToTheLargestRemainder() {
    // Shares at 0.3: 0.9, 1.2, 2.1 of 14 * 0.3 = 4.2, so 4 in all: 0 + 1 + 2 and one more.
    int[] labels = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2};

    Split split = Split.stratified(labels, 0.3, 7);

    assertThat(countsByLabel(split.validation(), labels, 3)).containsExactly(1, 1, 2);
  }

  @Test
  void atLeastOnePictureIsHeldOut() {
    assertThat(Split.stratified(new int[] {0, 0, 0, 1, 1}, 0.01, 1).validation()).hasSize(1);
  }

  @Test
  void everyClassKeepsATrainingPicture() {
    int[] labels = {0, 1, 1, 2, 2, 2};

    Split split = Split.stratified(labels, 0.99, 1);

    assertThat(countsByLabel(split.train(), labels, 3)).containsExactly(1, 1, 1);
    assertThat(countsByLabel(split.validation(), labels, 3)).containsExactly(0, 1, 2);
  }

  @Test
  void aClassWithoutPicturesIsNoObstacle() {
    assertThat(Split.stratified(new int[] {0, 0, 3, 3}, 0.5, 1).validation()).hasSize(2);
  }

  @Test
  void theLastTenthIsHeldOutAsKerasDoesIt() {
    Split split = Split.last(25, 0.1);

    assertThat(split.train()).containsExactly(IntStream.range(0, 22).toArray());
    assertThat(split.validation()).containsExactly(22, 23, 24);
    assertThat(Split.last(50_000, 0.1).train()).hasSize(45_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.1, Double.NaN})
  void aFractionOutsideZeroToOneIsRefused(double fraction) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Split.stratified(TEN_BY_TWENTY, fraction, 1))
        .withMessage("validation fraction must be in (0, 1), was " + fraction);
    assertThatIllegalArgumentException().isThrownBy(() -> Split.last(10, fraction));
  }

  @Test
  void aPictureInBothHalvesIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Split(new int[] {0, 1}, new int[] {1}))
        .withMessageContaining("each index from 0 to 2 once, index 1");
  }

  private static int[] countsByLabel(int[] indices, int[] labels, int classes) {
    int[] counts = new int[classes];
    for (int index : indices) {
      counts[labels[index]]++;
    }
    return counts;
  }
}
