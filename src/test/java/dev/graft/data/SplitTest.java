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
  void whatIsHeldOutIsAscendingAndAmongTheCandidates() {
    int[] heldOut = drawn(TEN_BY_TWENTY, 0.1, 1);
    int[] even = IntStream.range(0, 100).map(i -> 2 * i).toArray();

    assertThat(heldOut).hasSize(20).isSorted().doesNotHaveDuplicates();
    assertThat(IntStream.of(heldOut)).allMatch(i -> i >= 0 && i < 200);
    int[] ofEven = Split.stratified(even, TEN_BY_TWENTY, Split.noGroups(200), 0.1, 1);
    assertThat(ofEven).hasSize(10).isSorted();
    assertThat(IntStream.of(ofEven)).allMatch(i -> i % 2 == 0);
  }

  @Test
  void everyClassGivesTheSameShare() {
    assertThat(countsByLabel(drawn(TEN_BY_TWENTY, 0.1, 1), TEN_BY_TWENTY, 10)).containsOnly(2);
  }

  @Test
  void theSameSeedDrawsTheSamePicturesOnEveryMachine() {
    int[] labels = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};

    assertThat(drawn(labels, 0.4, 42)).containsExactly(2, 3, 4, 9);
  }

  @Test
  void anotherSeedDrawsOtherPictures() {
    assertThat(drawn(TEN_BY_TWENTY, 0.1, 1)).isNotEqualTo(drawn(TEN_BY_TWENTY, 0.1, 2));
  }

  @Test
  void whatIsDrawnIsNotSimplyTheFirstOrLastOfAClass() {
    int[] validation = drawn(new int[1_000], 0.5, 3);

    assertThat(Arrays.stream(validation).filter(i -> i < 500).count()).isBetween(200L, 300L);
  }

  @Test
  void twoClassesOfFiveHoldOutOneEachAtAFifth() {
    int[] labels = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

    assertThat(countsByLabel(drawn(labels, 0.2, 7), labels, 2)).containsExactly(1, 1);
  }

  @Test
  void whatRoundingLeavesGoesToTheLargestRemainder() {
    // Shares at 0.3: 1.2, 1.8, 3 of 20 * 0.3 = 6, so 6 in all: 1 + 1 + 3 and one more.
    int[] labels = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};

    assertThat(countsByLabel(drawn(labels, 0.3, 7), labels, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void atLeastOnePictureIsHeldOutOfEveryClassThatHasTwo() {
    int[] labels = {0, 0, 0, 1, 1, 2};

    assertThat(countsByLabel(drawn(labels, 0.01, 1), labels, 3)).containsExactly(1, 1, 0);
  }

  @Test
  void everyClassKeepsATrainingPicture() {
    int[] labels = {0, 1, 1, 2, 2, 2};

    assertThat(countsByLabel(drawn(labels, 0.99, 1), labels, 3)).containsExactly(0, 1, 2);
  }

  @Test
  void aClassWithoutPicturesIsNoObstacle() {
    assertThat(drawn(new int[] {0, 0, 3, 3}, 0.5, 1)).hasSize(2);
  }

  @Test
  void theLastTenthIsHeldOutAsKerasDoesIt() {
    assertThat(Split.last(IntStream.range(0, 25).toArray(), 0.1)).containsExactly(22, 23, 24);
    assertThat(Split.last(new int[] {3, 5, 8, 13}, 0.5)).containsExactly(8, 13);
    assertThat(Split.last(IntStream.range(0, 50_000).toArray(), 0.1))
        .hasSize(5_000)
        .startsWith(45_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.1, Double.NaN})
  void aFractionOutsideZeroToOneIsRefused(double fraction) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> drawn(TEN_BY_TWENTY, fraction, 1))
        .withMessage("fraction to hold out must be in (0, 1), was " + fraction);
    assertThatIllegalArgumentException().isThrownBy(() -> Split.last(new int[10], fraction));
  }

  @Test
  void aPictureInTwoPartsIsRefused() {
    int[] one = {0, 1};
    int[] other = {1};
    int[] none = {};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Split(one, other, none))
        .withMessage("picture 1 is in two parts of a split");
    assertThatIllegalArgumentException().isThrownBy(() -> new Split(none, one, other));
    assertThatIllegalArgumentException().isThrownBy(() -> new Split(other, none, one));
  }

  /** Of all pictures, each a group of its own. */
  private static int[] drawn(int[] labels, double fraction, long seed) {
    return Split.stratified(
        Split.noGroups(labels.length), labels, Split.noGroups(labels.length), fraction, seed);
  }

  private static int[] countsByLabel(int[] indices, int[] labels, int classes) {
    int[] counts = new int[classes];
    for (int index : indices) {
      counts[labels[index]]++;
    }
    return counts;
  }
}
