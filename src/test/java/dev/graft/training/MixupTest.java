package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.graft.feature.FeatureBatches;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class MixupTest {
  private static final int IMAGES = 2_000;
  private static final int[] ROWS = IntStream.range(0, IMAGES).toArray();

  private static Mixup mixup(double alpha) {
    FeatureBatches batches =
        FeatureBatches.inOrder(
            (manager, rows) -> {
              float[] values = new float[rows.length];
              for (int i = 0; i < rows.length; i++) {
                values[i] = rows[i];
              }
              return new NDList(manager.create(values, new Shape(rows.length, 1)));
            },
            ROWS,
            IntStream.of(ROWS).map(row -> row % 7).toArray(),
            2);
    return new Mixup(batches, alpha, 42);
  }

  /** Returns the shares of the batches of an epoch, after checking their images and labels. */
  private static double[] shares(Mixup mixup) throws Exception {
    List<Double> shares = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      for (Batch batch : mixup.getData(manager)) {
        try (batch) {
          int first = 2 * shares.size();
          NDList labels = batch.getLabels();
          assertThat(labels).hasSize(3);
          assertThat(labels.get(0).toFloatArray()).containsExactly(first % 7, (first + 1) % 7);
          assertThat(labels.get(1).toFloatArray()).containsExactly((first + 1) % 7, first % 7);
          float share = labels.get(2).getFloat();
          assertThat(batch.getData().singletonOrThrow().toFloatArray())
              .containsExactly(
                  new float[] {first + 1 - share, first + share}, Offset.offset(1e-3f));
          shares.add((double) share);
        }
      }
    }
    return shares.stream().mapToDouble(share -> share).toArray();
  }

  @Test
  void theLargerShareOfABetaDistributionIsTheImages() throws Exception {
    // Of a uniform distribution, the mean of the larger part is 3/4.
    assertThat(mean(shares(mixup(1)))).isCloseTo(0.75, within(0.02));
    // Of Beta(0.2, 0.2), by four million samples of NumPy.
    assertThat(mean(shares(mixup(0.2)))).isCloseTo(0.8988, within(0.02));
  }

  @Test
  void sharesFollowFromSeedAndPosition() throws Exception {
    Mixup undisturbed = mixup(1);
    double[] first = shares(undisturbed);
    double[] second = shares(undisturbed);
    assertThat(first).isNotEqualTo(second);
    Mixup continued = mixup(1);
    continued.resumeAfter(1, 0);
    assertThat(shares(continued)).isEqualTo(second);
    Mixup within = mixup(1);
    within.resumeAfter(0, 1);
    assertThat(shares(within)).startsWith(first[1], first[2]);
  }

  private static double mean(double[] values) {
    return DoubleStream.of(values).average().orElseThrow();
  }
}
