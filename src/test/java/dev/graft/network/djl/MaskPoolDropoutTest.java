package dev.graft.network.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.graft.network.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rate and independence of dropout masks. */
@Tag("engine")
class MaskPoolDropoutTest {
  private static final int ROWS = 40;
  private static final int UNITS = 50;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Creates dropout of a rate with a seed. */
  private MaskPoolDropout dropout(double rate, int seed) {
    MaskPoolDropout dropout = new MaskPoolDropout(new Layer.Dropout("dropout", rate));
    dropout.initialize(manager, DataType.FLOAT32, new Shape(1, UNITS));
    RandomBlock.seed(dropout, seed);
    return dropout;
  }

  /** Passes ones through dropout. */
  private float[] through(MaskPoolDropout dropout, boolean training) {
    NDArray ones = manager.ones(new Shape(ROWS, UNITS));
    return dropout
        .forward(new ParameterStore(manager, false), new NDList(ones), training)
        .singletonOrThrow()
        .toFloatArray();
  }

  /** Uses more batches than one pool has masks. */
  private List<float[]> batches(MaskPoolDropout dropout) {
    List<float[]> batches = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      batches.add(through(dropout, true));
    }
    return batches;
  }

  @Test
  void unitsAreDroppedAtTheRateAndTheMeanStays() {
    int[] dropped = new int[UNITS];
    for (float[] batch : batches(dropout(0.3, 1))) {
      for (int i = 0; i < batch.length; i++) {
        dropped[i % UNITS] += batch[i] == 0 ? 1 : 0;
        assertThat(batch[i] == 0 || batch[i] == 1 / (1 - 0.3f)).isTrue();
      }
    }
    for (int each : dropped) {
      assertThat(each / (100.0 * ROWS)).isCloseTo(0.3, within(0.05));
    }
  }

  @Test
  void everyImageOfEveryBatchHasAnotherMask() {
    List<float[]> batches = batches(dropout(0.5, 1));
    assertThat(batches.stream().map(Arrays::toString)).doesNotHaveDuplicates();
    List<List<Float>> rows = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      List<Float> values = new ArrayList<>();
      for (int i = 0; i < UNITS; i++) {
        values.add(batches.get(0)[row * UNITS + i]);
      }
      rows.add(values);
    }
    assertThat(rows).doesNotHaveDuplicates();
  }

  @Test
  void theSeedDeterminesTheMasks() {
    List<float[]> once = batches(dropout(0.5, 1));
    assertThat(batches(dropout(0.5, 1)).get(99)).isEqualTo(once.get(99));
    assertThat(batches(dropout(0.5, 2)).get(99)).isNotEqualTo(once.get(99));
  }

  @Test
  void nothingIsDroppedOutsideTraining() {
    assertThat(through(dropout(0.5, 1), false)).containsOnly(1);
  }

  @Test
  void imagesAreDroppedAtTheRateAndTheMeanStays() {
    ImageDropout dropout = new ImageDropout(new Layer.Dropout("drop", 0.3, true));
    RandomBlock.seed(dropout, 1);
    int dropped = 0;
    for (int batch = 0; batch < 50; batch++) {
      NDArray ones = manager.ones(new Shape(ROWS, 2, 3, 3));
      NDArray masked =
          dropout
              .forward(new ParameterStore(manager, false), new NDList(ones), true)
              .singletonOrThrow();
      for (int i = 0; i < ROWS; i++) {
        float[] image = masked.get(i).toFloatArray();
        float all = image[0] == 0 ? 0 : 1 / (1 - 0.3f);
        assertThat(image).hasSize(18).containsOnly(all);
        dropped += all == 0 ? 1 : 0;
      }
    }
    assertThat(dropped / (50.0 * ROWS)).isCloseTo(0.3, within(0.05));
  }
}
