package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.graft.data.Cifar10;
import dev.graft.data.DataSet;
import dev.graft.data.Picture;
import dev.graft.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class FeatureBatchesTest {
  private static final int[] ROWS = IntStream.range(0, 23).map(i -> 100 + 3 * i).toArray();
  private static final int[] LABELS = IntStream.of(ROWS).map(row -> row % 7).toArray();

  /** A row's only feature is its number. */
  private static final FeatureSource NUMBERS =
      (manager, rows) -> {
        float[] values = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
          values[i] = rows[i];
        }
        return new NDList(manager.create(values, new Shape(rows.length, 1)));
      };

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Goes through the data once; checks that every row has its own label. */
  private List<Integer> rows(FeatureBatches batches, int... sizes) {
    List<Integer> rows = new ArrayList<>();
    List<Integer> seen = new ArrayList<>();
    for (Batch batch : batches.getData(manager)) {
      try (batch) {
        float[] features = batch.getData().singletonOrThrow().toFloatArray();
        NDArray labels = batch.getLabels().singletonOrThrow();
        assertThat(batch.getData().singletonOrThrow().getShape())
            .isEqualTo(new Shape(batch.getSize(), 1));
        assertThat(labels.getShape()).isEqualTo(new Shape(batch.getSize()));
        assertThat(labels.getDataType()).isEqualTo(DataType.FLOAT32);
        seen.add(batch.getSize());
        for (int i = 0; i < features.length; i++) {
          rows.add((int) features[i]);
          assertThat(labels.toFloatArray()[i]).isEqualTo(features[i] % 7);
        }
      }
    }
    assertThat(seen).containsExactly(IntStream.of(sizes).boxed().toArray(Integer[]::new));
    return rows;
  }

  @Test
  void inOrderGivesTheRowsAsTheyAreAndASmallerLastBatch() {
    FeatureBatches batches = FeatureBatches.inOrder(NUMBERS, ROWS, LABELS, 10);
    assertThat(batches.size()).isEqualTo(23);
    assertThat(batches.batches()).isEqualTo(3);
    for (int i = 0; i < 2; i++) {
      assertThat(rows(batches, 10, 10, 3))
          .containsExactly(IntStream.of(ROWS).boxed().toArray(Integer[]::new));
    }
  }

  @Test
  void shuffledGivesEveryRowOnceInAnOrderOfTheSeeds() {
    FeatureBatches batches = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1);
    List<Integer> first = rows(batches, 8, 8, 7);
    List<Integer> second = rows(batches, 8, 8, 7);
    Integer[] inOrder = IntStream.of(ROWS).boxed().toArray(Integer[]::new);
    assertThat(first).containsExactlyInAnyOrder(inOrder).isNotEqualTo(List.of(inOrder));
    assertThat(second).containsExactlyInAnyOrder(inOrder).isNotEqualTo(first);

    FeatureBatches again = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1);
    assertThat(rows(again, 8, 8, 7)).isEqualTo(first);
    assertThat(rows(again, 8, 8, 7)).isEqualTo(second);
    FeatureBatches other = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 2);
    assertThat(rows(other, 8, 8, 7)).isNotEqualTo(first);
  }

  @Test
  void rowsWithoutLabelsAreAnError() {
    assertThatThrownBy(() -> FeatureBatches.inOrder(NUMBERS, ROWS, new int[3], 8))
        .hasMessage("23 rows, 3 labels");
  }

  @Test
  void pixelsAreThePicturesOfTheTrainingSetAndThenOfTheTestSet() {
    DataSet data = Cifar10.sample();
    PixelSource source =
        new PixelSource(List.of(data.train(), data.test()), Preprocessing.CAFFE, 32);
    int first = data.train().size();
    assertThat(source.size()).isEqualTo(first + data.test().size());
    int[] rows = {first, 5, first + data.test().size() - 1, first - 1};
    List<Picture> pictures =
        List.of(
            data.test().picture(0),
            data.train().picture(5),
            data.test().picture(data.test().size() - 1),
            data.train().picture(first - 1));
    float[] pixels;
    try (NDArray array = source.read(manager, rows).singletonOrThrow()) {
      assertThat(array.getShape()).isEqualTo(new Shape(4, 3, 32, 32));
      assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
      pixels = array.toFloatArray();
    }
    for (int n = 0; n < rows.length; n++) {
      for (int i = 0; i < 3 * 32 * 32; i++) {
        int channel = i / (32 * 32); // R, G, B, whatever the network's own order
        int place = i % (32 * 32);
        int expected = Byte.toUnsignedInt(pictures.get(n).rgb()[3 * place + channel]);
        assertThat(pixels[n * 3 * 32 * 32 + i]).isEqualTo(expected);
      }
    }
    assertThatThrownBy(() -> source.read(manager, new int[] {source.size()}))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
