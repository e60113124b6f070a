package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.feature.FeatureBatches;
import dev.graft.network.BackboneSpec;
import dev.graft.network.Layer;
import dev.graft.network.NetworkDesign;
import dev.graft.network.NetworkDesign.Scaling;
import dev.graft.network.Preprocessing;
import dev.graft.network.Stage;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.recipe.RecipeReader;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Power and standardization of features before the head. */
@Tag("engine")
class FeatureScalingTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Creates a frozen network whose head returns the scaled features. */
  private DjlNetwork network(double power, boolean standardize, int width) {
    BackboneSpec backbone =
        new BackboneSpec(
            "tiny",
            List.of(Stage.of("a", new Layer.Conv2d("a", 3, width, 1, 1, Layer.Padding.SAME, 1))),
            List.of("a"),
            1);
    DjlNetwork network =
        DjlNetwork.of(
            NetworkDesign.of(
                backbone,
                1,
                Preprocessing.ZERO_ONE,
                NetworkDesign.NONE,
                List.of(),
                new Scaling(power, standardize),
                List.of(new Layer.Dropout("head", 0))));
    network.initialize(manager);
    return network;
  }

  private float[] scaled(DjlNetwork network, NDArray features) {
    return network
        .logits(false)
        .forward(new ParameterStore(manager, false), new NDList(features), false)
        .singletonOrThrow()
        .toFloatArray();
  }

  @Test
  void thePowerIsOfTheMagnitudeAndKeepsTheSign() {
    NDArray features = manager.create(new float[] {-9, 0, 4, 0.25f}, new Shape(1, 4));
    assertThat(scaled(network(0.5, false, 4), features))
        .containsExactly(new float[] {-3, 0, 2, 0.5f}, within(2e-3f));
    assertThat(scaled(network(1, false, 4), features)).containsExactly(-9, 0, 4, 0.25f);
  }

  @Test
  void poweredFeaturesAreStandardized() {
    DjlNetwork network = network(0.5, true, 2);
    network.setStandardization(new float[] {1, -1}, new float[] {2, 4});
    NDArray features = manager.create(new float[] {9, 9, 25, 49}, new Shape(2, 2));
    assertThat(scaled(network, features)).containsExactly(new float[] {1, 1, 2, 2}, within(2e-3f));
  }

  @Test
  void standardizedTrainingFeaturesHaveMeanZeroAndDeviationOne() {
    int[] rows = IntStream.range(0, 5_000).toArray();
    // Squares of 100 to 149, and of 0 to 49; a constant.
    FeatureBatches batches =
        FeatureBatches.inOrder(
            (on, some) -> {
              float[] values = new float[3 * some.length];
              for (int i = 0; i < some.length; i++) {
                int k = some[i] % 50;
                values[3 * i] = (100 + k) * (100 + k);
                values[3 * i + 1] = k * k;
                values[3 * i + 2] = 7;
              }
              return new NDList(on.create(values, new Shape(some.length, 3)));
            },
            rows,
            new int[5_000],
            512);
    DjlNetwork network = network(0.5, true, 3);
    try (TrainedStages stages = TrainedStages.of(network, RecipeReader.defaults(), Device.cpu())) {
      Standardization.fit(network, stages, batches, manager);
    }
    double[] sum = new double[3];
    double[] squares = new double[3];
    batches
        .getData(manager)
        .forEach(
            batch -> {
              float[] values = scaled(network, batch.getData().singletonOrThrow());
              for (int i = 0; i < values.length; i++) {
                sum[i % 3] += values[i];
                squares[i % 3] += (double) values[i] * values[i];
              }
              batch.close();
            });
    for (int i = 0; i < 3; i++) {
      assertThat(sum[i] / 5_000).isCloseTo(0, within(1e-2));
      assertThat(squares[i] / 5_000).isCloseTo(i == 2 ? 0 : 1, within(1e-2));
    }
  }

  @Test
  void meansAndDeviationsAreOverAllRowsThatWereAdded() {
    Standardization measured = new Standardization(2);
    measured.add(new float[] {1, 10, 3, 10});
    measured.add(new float[] {5, 10});
    assertThat(measured.means()).containsExactly(3, 10);
    assertThat(measured.deviations())
        .containsExactly( // variances 8/3 and 0, and ten times 8/3
            new float[] {(float) Math.sqrt(8 / 3.0), (float) Math.sqrt(80 / 39.0)}, within(1e-5f));
  }
}
