package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.graft.GraftException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitTest {
  /** Ten classes of 20, mixed. */
  private static final int[] TEN_BY_TWENTY = IntStream.range(0, 200).map(i -> i * 7 % 10).toArray();

  private static final List<Part> PARTS = List.of(Part.TRAIN, Part.VALIDATION, Part.TEST);

  @Test
  void whatIsHeldOutIsAscendingAndAmongTheCandidates() {
    int[] heldOut = sampled(TEN_BY_TWENTY, 0.1, 1);
    int[] even = IntStream.range(0, 100).map(i -> 2 * i).toArray();

    assertThat(heldOut).hasSize(20).isSorted().doesNotHaveDuplicates();
    assertThat(IntStream.of(heldOut)).allMatch(i -> i >= 0 && i < 200);
    int[] ofEven = StratifiedSampler.stratified(even, TEN_BY_TWENTY, all(200), 0.1, 1);
    assertThat(ofEven).hasSize(10).isSorted();
    assertThat(IntStream.of(ofEven)).allMatch(i -> i % 2 == 0);
  }

  @Test
  void everyClassGivesTheSameShare() {
    assertThat(countsByLabel(sampled(TEN_BY_TWENTY, 0.1, 1), TEN_BY_TWENTY, 10)).containsOnly(2);
  }

  @Test
  void theSameSeedSamplesTheSameImagesOnEveryMachine() {
    int[] labels = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};

    assertThat(sampled(labels, 0.4, 42)).containsExactly(2, 3, 4, 9);
  }

  @Test
  void anotherSeedSamplesOtherImages() {
    assertThat(sampled(TEN_BY_TWENTY, 0.1, 1)).isNotEqualTo(sampled(TEN_BY_TWENTY, 0.1, 2));
  }

  @Test
  void sampledImagesAreNotSimplyTheFirstOrLastOfAClass() {
    int[] validation = sampled(new int[1_000], 0.5, 3);

    assertThat(Arrays.stream(validation).filter(i -> i < 500).count()).isBetween(200L, 300L);
  }

  @Test
  void twoClassesOfFiveHoldOutOneEachAtAFifth() {
    int[] labels = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

    assertThat(countsByLabel(sampled(labels, 0.2, 7), labels, 2)).containsExactly(1, 1);
  }

  @Test
  void theLargestRemainderIsRoundedUp() {
    // Shares at 0.3: 1.2, 1.8, 3 of 20 * 0.3 = 6, so 6 in all: 1 + 1 + 3 and one more.
    int[] labels = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};

    assertThat(countsByLabel(sampled(labels, 0.3, 7), labels, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void atLeastOneImageIsHeldOutOfEveryClassThatHasTwo() {
    int[] labels = {0, 0, 0, 1, 1, 2};

    assertThat(countsByLabel(sampled(labels, 0.01, 1), labels, 3)).containsExactly(1, 1, 0);
  }

  @Test
  void everyClassKeepsATrainingImage() {
    int[] labels = {0, 1, 1, 2, 2, 2};

    assertThat(countsByLabel(sampled(labels, 0.99, 1), labels, 3)).containsExactly(0, 1, 2);
  }

  @Test
  void aClassWithoutImagesIsNoObstacle() {
    assertThat(sampled(new int[] {0, 0, 3, 3}, 0.5, 1)).hasSize(2);
  }

  @Test
  void theLastTenthIsHeldOutAsKerasDoesIt() {
    assertThat(StratifiedSampler.last(IntStream.range(0, 25).toArray(), 0.1))
        .containsExactly(22, 23, 24);
    assertThat(StratifiedSampler.last(new int[] {3, 5, 8, 13}, 0.5)).containsExactly(8, 13);
    assertThat(StratifiedSampler.last(IntStream.range(0, 50_000).toArray(), 0.1))
        .hasSize(5_000)
        .startsWith(45_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.1, Double.NaN})
  void aFractionOutsideZeroToOneIsRefused(double fraction) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sampled(TEN_BY_TWENTY, fraction, 1))
        .withMessage("fraction to hold out must be in (0, 1), was " + fraction);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StratifiedSampler.last(new int[10], fraction));
  }

  // Groups.

  @Test
  void aGroupIsHeldOutAsAWholeOrNotAtAllAndEveryClassKeepsAnImage() {
    int[] labels = IntStream.range(0, 60).map(i -> i % 7 == 0 ? 2 : i % 2).toArray();
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int[] groups = IntStream.range(0, 60).map(i -> 100 + random.nextInt(25)).toArray();
      Set<Integer> heldOut = set(StratifiedSampler.stratified(all(60), labels, groups, 0.3, seed));
      Set<Integer> groupsHeldOut = new HashSet<>();
      heldOut.forEach(i -> groupsHeldOut.add(groups[i]));
      for (int i = 0; i < 60; i++) {
        assertThat(heldOut.contains(i))
            .as("image %d, seed %d", i, seed)
            .isEqualTo(groupsHeldOut.contains(groups[i]));
      }
      int[] kept = all(60, i -> !heldOut.contains(i));
      assertThat(countsByLabel(kept, labels, 3)).doesNotContain(0);
    }
  }

  @Test
  void groupsOfTwoAreHeldOutOfEveryClass() {
    int[] labels = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
    int[] groups = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
    for (int seed = 0; seed < 50; seed++) {
      int[] heldOut = StratifiedSampler.stratified(all(12), labels, groups, 0.34, seed);
      assertThat(countsByLabel(heldOut, labels, 2)).containsExactly(2, 2);
    }
  }

  @Test
  void ifEveryGroupIsLargerThanTheShareTheSmallestIsHeldOut() {
    int[] labels = new int[10];
    int[] groups = {0, 0, 0, 0, 1, 1, 1, 2, 2, 2};
    groups[9] = 0; // 5, 3 and 2
    for (int seed = 0; seed < 20; seed++) {
      assertThat(StratifiedSampler.stratified(all(10), labels, groups, 0.1, seed))
          .containsExactly(7, 8);
    }
  }

  @Test
  void aClassThatIsOneGroupIsNotHeldOut() {
    int[] labels = {0, 0, 0, 0, 1, 1, 1, 1};
    int[] groups = {0, 0, 0, 0, 1, 2, 3, 4};
    for (int seed = 0; seed < 20; seed++) {
      int[] heldOut = StratifiedSampler.stratified(all(8), labels, groups, 0.25, seed);
      assertThat(countsByLabel(heldOut, labels, 2)).containsExactly(0, 1);
    }
  }

  // All three parts.

  @Test
  void withoutPartsTheTestIsSplitOffFirstAndThenTheValidation() {
    DataSet data = data(labels(20, 20), i -> Optional.empty());
    Split split = split(data);

    assertThat(countsByLabel(split.test(), data.labels(), 2)).containsExactly(4, 4);
    // A tenth of 32 is 3: 1.6 of each class, of which the first is rounded up.
    assertThat(countsByLabel(split.validation(), data.labels(), 2)).containsExactly(2, 1);
    assertThat(countsByLabel(split.train(), data.labels(), 2)).containsExactly(14, 15);
    assertThat(together(split)).containsExactly(all(40));
    assertThat(split(data).test()).isEqualTo(split.test());
  }

  @Test
  void partsThatAreGivenAreKept() {
    DataSet data =
        data(
            labels(6, 6),
            i -> Optional.of(i % 3 == 0 ? Part.TEST : i % 3 == 1 ? Part.VALIDATION : Part.TRAIN));
    Split split = split(data);

    assertThat(split.test()).containsExactly(0, 3, 6, 9);
    assertThat(split.validation()).containsExactly(1, 4, 7, 10);
    assertThat(split.train()).containsExactly(2, 5, 8, 11);
  }

  @Test
  void ifOnlyTheTestIsGivenTheValidationIsSampledFromTheRest() {
    DataSet data =
        data(labels(11, 11), i -> i % 11 == 0 ? Optional.of(Part.TEST) : Optional.empty());
    Split split = split(data);

    assertThat(split.test()).containsExactly(0, 11);
    assertThat(countsByLabel(split.validation(), data.labels(), 2)).containsExactly(1, 1);
    assertThat(together(split)).containsExactly(all(22));
  }

  @Test
  void ifOnlyTheValidationIsGivenTheTestIsSampledFromTheRest() {
    DataSet data =
        data(labels(11, 11), i -> Optional.of(i % 11 == 0 ? Part.VALIDATION : Part.TRAIN));
    Split split = split(data);

    assertThat(split.validation()).containsExactly(0, 11);
    assertThat(countsByLabel(split.test(), data.labels(), 2)).containsExactly(2, 2);
    assertThat(together(split)).containsExactly(all(22));
  }

  @Test
  void aClassNeedsAnImageForEachSampledPart() {
    split(data(labels(3, 3), i -> Optional.empty()));
    assertTooFew(3, "cat has 2", data(labels(2, 3), i -> Optional.empty()));
    assertTooFew(3, "cat has 0, dog has 2", data(labels(0, 2), i -> Optional.empty()));

    split(data(labels(3, 3), i -> Optional.of(i % 3 == 0 ? Part.TEST : Part.TRAIN)));
    assertTooFew(
        2, "dog has 1", data(labels(3, 2), i -> Optional.of(i % 3 == 0 ? Part.TEST : Part.TRAIN)));
    split(data(labels(3, 3), i -> Optional.of(i % 3 == 0 ? Part.VALIDATION : Part.TRAIN)));
    assertTooFew(
        2,
        "dog has 1",
        data(labels(3, 2), i -> Optional.of(i % 3 == 0 ? Part.VALIDATION : Part.TRAIN)));

    split(data(labels(3, 3), i -> Optional.of(PARTS.get(i % 3))));
    assertTooFew(1, "dog has 0", data(labels(4, 2), i -> Optional.of(PARTS.get(i % 3))));
  }

  @Test
  void identicalImagesCountAsOne() {
    DataSet data = data(labels(4, 5), i -> Optional.empty());

    assertTooFew(3, "cat has 2", data, new int[] {0, 0, 0, 1, 2, 3, 4, 5, 6});
    assertThat(split(data, new int[] {0, 0, 1, 2, 3, 3, 3, 4, 5}).test()).isNotEmpty();
  }

  @Test
  void classesWithoutHeldOutImagesAreNamed() {
    DataSet given =
        data(labels(4, 4), i -> Optional.of(i < 3 ? Part.TRAIN : i < 5 ? Part.TEST : Part.TRAIN));
    DataSet lacking =
        data(
            labels(3, 6),
            i -> Optional.of(i < 3 ? Part.TRAIN : i < 5 ? PARTS.get(i - 2) : Part.TRAIN));

    assertThat(Split.missing(given, split(given).validation())).isEmpty();
    assertThat(Split.missing(given, split(given).test())).isEmpty();
    assertThat(Split.missing(lacking, split(lacking).validation())).containsExactly("cat");
    assertThat(Split.missing(lacking, split(lacking).test())).containsExactly("cat");
  }

  private static void assertTooFew(int least, String few, DataSet data) {
    assertTooFew(least, few, data, all(data.images().size()));
  }

  private static void assertTooFew(int least, String few, DataSet data, int[] groups) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> split(data, groups))
        .withMessage(
            String.format(
                    Locale.ROOT,
                    "data: every class needs %d different readable image%s, for training and evaluation, but ",
                    least,
                    least == 1 ? "" : "s")
                + few
                + "; add images, or leave such a class out.");
  }

  // Folds.

  @Test
  void theFoldsAreAllCandidatesEachOnceAndEveryClassIsInThemEvenly() {
    int[] labels = IntStream.range(0, 100).map(i -> i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2).toArray();
    int[] candidates = all(100, i -> i % 9 != 0);
    for (int seed = 0; seed < 20; seed++) {
      List<int[]> folds = StratifiedSampler.folds(candidates, labels, all(100), 4, seed);
      assertThat(folds).hasSize(4).allSatisfy(fold -> assertThat(fold).isSorted());
      assertThat(folds.stream().flatMapToInt(IntStream::of).sorted().toArray())
          .isEqualTo(candidates);
      for (int label = 0; label < 3; label++) {
        int each = label;
        int[] counts =
            folds.stream().mapToInt(fold -> countsByLabel(fold, labels, 3)[each]).toArray();
        assertThat(IntStream.of(counts).max().orElseThrow() - IntStream.of(counts).min().orElse(0))
            .as("class %d", label)
            .isLessThanOrEqualTo(1);
      }
      int[] sizes = folds.stream().mapToInt(fold -> fold.length).toArray();
      assertThat(IntStream.of(sizes).max().orElseThrow() - IntStream.of(sizes).min().orElse(0))
          .isLessThanOrEqualTo(1);
    }
  }

  @Test
  void aGroupIsInOneFold() {
    int[] labels = IntStream.range(0, 60).map(i -> i % 3).toArray();
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      int[] groups = IntStream.range(0, 60).map(i -> random.nextInt(30)).toArray();
      Map<Integer, Integer> foldOfGroup = new HashMap<>();
      List<int[]> folds = StratifiedSampler.folds(all(60), labels, groups, 5, seed);
      assertThat(folds.stream().mapToInt(fold -> fold.length).sum()).isEqualTo(60);
      for (int fold = 0; fold < 5; fold++) {
        for (int i : folds.get(fold)) {
          Integer before = foldOfGroup.put(groups[i], fold);
          assertThat(before == null ? fold : before).isEqualTo(fold);
        }
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameFoldsOnEveryMachine() {
    int[] labels = {0, 0, 0, 0, 0, 0, 1, 1, 1};
    int[] groups = {0, 0, 1, 2, 3, 4, 5, 6, 7};

    assertThat(StratifiedSampler.folds(all(9), labels, groups, 3, 42))
        .containsExactly(new int[] {0, 1, 8}, new int[] {3, 4, 6}, new int[] {2, 5, 7});
    assertThat(StratifiedSampler.folds(all(9), labels, groups, 3, 43))
        .isNotEqualTo(StratifiedSampler.folds(all(9), labels, groups, 3, 42));
  }

  @Test
  void withoutKeepsTheOrder() {
    assertThat(Split.without(new int[] {9, 1, 5, 3}, new int[] {5, 9, 7})).containsExactly(1, 3);
    assertThat(Split.without(new int[] {2, 1}, new int[0])).containsExactly(2, 1);
  }

  /** Splits by the notebook's shares, each image a group of its own. */
  private static Split split(DataSet data) {
    return split(data, all(data.images().size()));
  }

  private static Split split(DataSet data, int[] groups) {
    int[] labels = data.labels();
    return Split.of(
        data,
        groups,
        (candidates, fraction) ->
            StratifiedSampler.stratified(candidates, labels, groups, fraction, 1),
        0.1,
        0.2,
        1);
  }

  static int[] together(Split split) {
    return Stream.of(split.train(), split.validation(), split.test())
        .flatMapToInt(IntStream::of)
        .sorted()
        .toArray();
  }

  /** Returns the labels of the cats, then of the dogs. */
  private static byte[] labels(int cats, int dogs) {
    byte[] labels = new byte[cats + dogs];
    Arrays.fill(labels, cats, cats + dogs, (byte) 1);
    return labels;
  }

  private static DataSet data(byte[] labels, IntFunction<Optional<Part>> parts) {
    return new DataSet(
        "pets",
        new Cifar10Images(
            List.of("cat", "dog"), labels, new byte[labels.length * Cifar10Images.IMAGE_BYTES]),
        IntStream.range(0, labels.length).mapToObj(parts).toList(),
        "here",
        List.of());
  }

  private static int[] all(int images) {
    return IntStream.range(0, images).toArray();
  }

  private static int[] all(int images, IntPredicate which) {
    return IntStream.range(0, images).filter(which).toArray();
  }

  private static Set<Integer> set(int[] indices) {
    return IntStream.of(indices).boxed().collect(Collectors.toSet());
  }

  @Test
  void anImageInTwoPartsIsRefused() {
    int[] one = {0, 1};
    int[] other = {1};
    int[] none = {};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Split(one, other, none))
        .withMessage("image 1 is in two parts of a split");
    assertThatIllegalArgumentException().isThrownBy(() -> new Split(none, one, other));
    assertThatIllegalArgumentException().isThrownBy(() -> new Split(other, none, one));
  }

  /** Samples from all images, each a group of its own. */
  private static int[] sampled(int[] labels, double fraction, long seed) {
    return StratifiedSampler.stratified(
        all(labels.length), labels, all(labels.length), fraction, seed);
  }

  private static int[] countsByLabel(int[] indices, int[] labels, int classes) {
    int[] counts = new int[classes];
    for (int index : indices) {
      counts[labels[index]]++;
    }
    return counts;
  }

  /** Was quadratic: minutes for a million images of 10,000 classes. */
  @Test
  void manyClassesAreSampledInLinearTime() {
    int images = 400_000;
    int[] all = IntStream.range(0, images).toArray();
    int[] labels = IntStream.of(all).map(i -> i % 100_000).toArray();

    int[] test =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20), () -> StratifiedSampler.stratified(all, labels, all, 0.25, 1));

    assertThat(IntStream.of(test).map(i -> labels[i]).distinct().count()).isEqualTo(100_000);
    assertThat(test).hasSize(100_000);
  }
}
