package dev.graft.network.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.graft.network.Layer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gradients of layers with a constant, after Java has collected garbage. */
@Tag("engine")
class LayerBlocksTest {
  /** Number of passes, so that garbage collection affects one of them. */
  private static final int PASSES = 200;

  /**
   * Returns d output / d input at 4; Java collects garbage between the passes and the gradients.
   */
  private static List<Float> gradientsAtFour(Layer layer) throws InterruptedException {
    Block block = layer.accept(new LayerBlocks());
    List<Float> gradients = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        GradientCollector collector = manager.getEngine().newGradientCollector()) {
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
      NDArray x = manager.create(new float[] {4}, new Shape(1, 1));
      x.setRequiresGradient(true);
      List<NDArray> outputs = new ArrayList<>();
      for (int i = 0; i < PASSES; i++) {
        outputs.add(
            block
                .forward(new ParameterStore(manager, false), new NDList(x), true)
                .singletonOrThrow());
      }
      List<ByteBuffer> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        System.gc();
        Thread.sleep(50);
        for (int k = 0; k < 2 * PASSES; k++) {
          others.add(ByteBuffer.allocateDirect(Float.BYTES)); // takes the memory that was freed
        }
      }
      for (NDArray output : outputs) {
        collector.backward(output);
        NDArray gradient = x.getGradient();
        gradients.add(gradient.toFloatArray()[0]);
        gradient.subi(gradient.duplicate());
      }
      assertThat(others).hasSize(3 * 2 * PASSES);
    }
    return gradients;
  }

  @Test
  void powersHaveTheirGradients() throws InterruptedException {
    assertThat(gradientsAtFour(new Layer.Power("power", 0.5)))
        .hasSize(PASSES)
        .allSatisfy(each -> assertThat(each).isCloseTo(0.25f, within(1e-3f)));
  }

  @Test
  void temperaturesHaveTheirGradients() throws InterruptedException {
    assertThat(gradientsAtFour(new Layer.Temperature("temperature", 2)))
        .hasSize(PASSES)
        .allSatisfy(each -> assertThat(each).isCloseTo(0.5f, within(1e-6f)));
  }
}
