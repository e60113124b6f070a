package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ClassWeightsTest {
  private static final Offset<Float> CLOSE = within(1e-6f);

  @Test
  void balancedWeightsAreThoseOfScikitLearn() {
    // 8 / (2 * 6) and 8 / (2 * 2)
    assertThat(CrossEntropy.balanced(new int[] {0, 0, 0, 0, 1, 0, 0, 1}, 2))
        .containsExactly(new float[] {2 / 3f, 2}, CLOSE);
    // 6 / (3 * 3), 6 / (3 * 1) and 6 / (3 * 2)
    assertThat(CrossEntropy.balanced(new int[] {0, 2, 0, 1, 2, 0}, 3))
        .containsExactly(new float[] {2 / 3f, 2, 1}, CLOSE);
  }

  @Test
  void balancedClassesHaveNoWeights() {
    assertThat(CrossEntropy.balanced(new int[] {0, 1, 2, 2, 1, 0}, 3)).isEmpty();
  }

  @Test
  void aClassWithoutImagesHasWeightZero() {
    // 4 / (3 * 3), nothing, and 4 / (3 * 1)
    assertThat(CrossEntropy.balanced(new int[] {0, 0, 0, 2}, 3))
        .containsExactly(new float[] {4 / 9f, 0, 4 / 3f}, CLOSE);
  }

  @Test
  void aClassWithoutImagesHasTheShareOfHalfAnImage() {
    assertThat(CrossEntropy.logShares(new int[] {0, 0, 0, 2}, 3))
        .containsExactly(
            new float[] {(float) Math.log(0.75), (float) Math.log(0.125), (float) Math.log(0.25)},
            CLOSE);
  }

  @Test
  void balancedClassesHaveNoShares() {
    assertThat(CrossEntropy.logShares(new int[] {0, 1, 2, 2, 1, 0}, 3)).isEmpty();
  }
}
