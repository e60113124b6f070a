package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.training.Matrix;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelReviewTest {
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
}
