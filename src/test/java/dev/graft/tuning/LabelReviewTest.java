package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.training.ConvexHead;
import dev.graft.training.Matrix;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelReviewTest {
  private static final int CLUSTERED = 120;

  /** Also those that are not in the sample which the others are compared with. */
  @ParameterizedTest
  @ValueSource(ints = {40, LabelReview.MAX_COMPARED + 1000})
  void imagesFarFromAllOthersAreFound(int rows) {
    Random random = new Random(1);
    float[] values = new float[4 * rows];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 4 == 0 ? 1 : 0.1f * random.nextFloat();
    }
    // Two near-duplicates, and one alone, in directions of their own.
    int[] far = {3, rows - 2, rows / 2};
    for (int i = 0; i < far.length; i++) {
      values[4 * far[i]] = 0;
      values[4 * far[i] + (i < 2 ? 1 : 2)] = 1;
    }
    for (long seed : new long[] {0, 1}) {
      assertThat(LabelReview.unlikeOthers(new Matrix(values, rows, 4), seed).stream())
          .contains(3, rows - 2, rows / 2)
          .hasSizeLessThan(4 + rows / 100);
    }
  }

  /** Wrong labels teach a class to look like these images, unless they are left out. */
  @Test
  void suspectsAreJudgedByAHeadThatDidNotLearnFromThem() {
    Random random = new Random(1);
    float[] values = new float[2 * CLUSTERED];
    int[] labels = new int[CLUSTERED];
    for (int i = 0; i < CLUSTERED; i++) {
      labels[i] = i % 3;
      values[2 * i] = (float) (2 * Math.cos(labels[i] * 2) + 0.5 * random.nextGaussian());
      values[2 * i + 1] = (float) (2 * Math.sin(labels[i] * 2) + 0.5 * random.nextGaussian());
    }
    for (int i = 0; i < CLUSTERED; i += 9) {
      labels[i] = 1;
    }
    ConvexHead.Images images =
        new ConvexHead.Images(
            new Matrix(values, CLUSTERED, 2), List.of(2), labels, 3, Recipe.ClassWeights.NONE);
    ConvexHead head = ConvexHead.fit(images, LabelReviewTest::everyFifth);
    LabelIssues before = LabelIssues.of(head.calibratedOutOfFold(), labels);

    LabelIssues issues = LabelReview.withoutSuspects(before, images, head);

    assertThat(suspects(issues)).containsExactlyInAnyOrderElementsOf(suspects(before));
    List<Integer> flipped = suspects(issues).stream().filter(i -> i % 9 == 0).toList();
    assertThat(flipped).hasSizeGreaterThan(CLUSTERED / 9 / 2);
    for (int i : flipped) {
      LabelIssues.Issue issue = of(issues, i);
      assertThat(issue.suggested()).isZero();
      assertThat(issue.labelProbability()).isLessThan(of(before, i).labelProbability());
    }
  }

  @Test
  void aClassOfSuspectsOnlyIsStillLearned() {
    int[] labels = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2};
    float[] values = {0, 0.1f, 0.2f, 0.1f, 1, 1.1f, 1.2f, 1.1f, 0.1f, 1.1f};
    ConvexHead.Images images =
        new ConvexHead.Images(
            new Matrix(values, 10, 1), List.of(1), labels, 3, Recipe.ClassWeights.NONE);
    ConvexHead head = ConvexHead.fit(images, LabelReviewTest::everyFifth);
    float[][] outOfFold = new float[10][];
    for (int i = 0; i < 10; i++) {
      outOfFold[i] = i < 4 || i == 8 ? new float[] {0.9f, 0.05f, 0.05f} : new float[] {0, 1, 0};
    }
    LabelIssues issues = LabelIssues.of(outOfFold, labels);
    assertThat(suspects(issues)).containsExactlyInAnyOrder(8, 9);

    assertThat(LabelReview.withoutSuspects(issues, images, head)).isEqualTo(issues);
  }

  private static List<int[]> everyFifth(int[] images, int count, int round) {
    return IntStream.range(0, count)
        .mapToObj(fold -> IntStream.of(images).filter(i -> i % count == fold).toArray())
        .toList();
  }

  private static List<Integer> suspects(LabelIssues issues) {
    return issues.ranked().subList(0, issues.suspects()).stream()
        .map(LabelIssues.Issue::image)
        .toList();
  }

  private static LabelIssues.Issue of(LabelIssues issues, int image) {
    return issues.ranked().stream().filter(each -> each.image() == image).findFirst().orElseThrow();
  }
}
