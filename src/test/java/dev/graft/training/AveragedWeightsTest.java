package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.training.initializer.Initializer;
import dev.graft.network.djl.ParameterWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class AveragedWeightsTest {
  /**
   * TensorFlow's formula: {@code average -= (1 - min(decay, (1 + t) / (10 + t))) * (average -
   * weight)}.
   */
  @Test
  void averagesAreThoseOfTensorFlow() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Linear block = Linear.builder().setUnits(1).optBias(false).build();
      block.setInitializer(Initializer.ZEROS, parameter -> true);
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
      WeightSnapshot snapshot = new WeightSnapshot(block, manager);
      try (AveragedWeights averages =
          new AveragedWeights(0.25, snapshot, new WeightSnapshot(block, manager))) {
        double expected = 0;
        for (int t = 0; t < 6; t++) {
          double weight = t * t;
          set(snapshot, manager, weight);
          averages.update();
          double decay = Math.min(0.25, (1.0 + t) / (10 + t)); // 0.25 from the third on
          expected = t == 0 ? weight : expected - (1 - decay) * (expected - weight);
          assertThat((double) averages.values().get(0).getFloat())
              .isCloseTo(expected, within(1e-5));
        }
        averages.use();
        assertThat((double) value(snapshot)).isCloseTo(expected, within(1e-5));
      }
    }
  }

  private static void set(WeightSnapshot of, NDManager manager, double weight) {
    try (NDArray value = manager.create(new float[] {(float) weight}, new Shape(1, 1))) {
      ParameterWriter.set(of.trained().get(0), value);
    }
  }

  private static float value(WeightSnapshot of) {
    return of.trained().get(0).getArray().toFloatArray()[0];
  }
}
