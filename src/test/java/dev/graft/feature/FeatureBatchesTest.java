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
import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.data.ImageMaker;
import dev.graft.data.ImageSet;
import dev.graft.network.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
class FeatureBatchesTest {
  private static final int[] ROWS = IntStream.range(0, 23).map(i -> 100 + 3 * i).toArray();
  private static final int[] LABELS = IntStream.of(ROWS).map(row -> row % 7).toArray();

  /** The only feature of a row is its number. */
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

  /** Iterates one epoch and checks that every row has its own label. */
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
  void inOrderKeepsTheOrderAndEndsWithASmallerBatch() {
    FeatureBatches batches = FeatureBatches.inOrder(NUMBERS, ROWS, LABELS, 10);
    assertThat(batches.size()).isEqualTo(23);
    assertThat(batches.batches()).isEqualTo(3);
    for (int i = 0; i < 2; i++) {
      assertThat(rows(batches, 10, 10, 3))
          .containsExactly(IntStream.of(ROWS).boxed().toArray(Integer[]::new));
    }
  }

  @Test
  void shuffledGivesEveryRowOnceInTheOrderOfTheSeed() {
    FeatureBatches batches = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1, 1);
    List<Integer> first = rows(batches, 8, 8, 7);
    List<Integer> second = rows(batches, 8, 8, 7);
    Integer[] inOrder = IntStream.of(ROWS).boxed().toArray(Integer[]::new);
    assertThat(first).containsExactlyInAnyOrder(inOrder).isNotEqualTo(List.of(inOrder));
    assertThat(second).containsExactlyInAnyOrder(inOrder).isNotEqualTo(first);

    FeatureBatches again = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1, 1);
    assertThat(rows(again, 8, 8, 7)).isEqualTo(first);
    assertThat(rows(again, 8, 8, 7)).isEqualTo(second);
    FeatureBatches other = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1, 2);
    assertThat(rows(other, 8, 8, 7)).isNotEqualTo(first);
  }

  @Test
  void fewRowsAreRepeatedEachTimeInAnotherOrder() {
    FeatureBatches batches = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 7, 1);
    assertThat(batches.batches()).isEqualTo(9); // three rounds of three are the first to reach 7
    assertThat(batches.size()).isEqualTo(23);
    List<Integer> rows = rows(batches, 8, 8, 7, 8, 8, 7, 8, 8, 7);
    List<List<Integer>> rounds =
        List.of(rows.subList(0, 23), rows.subList(23, 46), rows.subList(46, 69));
    Integer[] inOrder = IntStream.of(ROWS).boxed().toArray(Integer[]::new);
    assertThat(rounds)
        .doesNotHaveDuplicates()
        .allSatisfy(round -> assertThat(round).containsExactlyInAnyOrder(inOrder));

    FeatureBatches single = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 1, 1);
    assertThat(rows(single, 8, 8, 7)).isEqualTo(rounds.get(0));
    FeatureBatches again = FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, 7, 1);
    assertThat(rows(again, 8, 8, 7, 8, 8, 7, 8, 8, 7)).isEqualTo(rows);
  }

  @Test
  void anEpochUsesOneRandomViewOfEachRow() {
    List<FeatureSource> views = List.of(NUMBERS, negative());
    FeatureBatches batches = FeatureBatches.shuffled(views, ROWS, LABELS, 8, 1, 1);
    List<Integer> first = numbers(batches);
    List<Integer> second = numbers(batches);

    assertEveryRowIsShownOnce(first);
    assertEveryRowIsShownOnce(second);
    assertThat(second).isNotEqualTo(first);
    assertThat(first.stream().filter(each -> each < 0).count()).isBetween(5L, 18L);

    FeatureBatches resumed = FeatureBatches.shuffled(views, ROWS, LABELS, 8, 1, 1);
    resumed.resumeAfter(1, 2);
    assertThat(numbers(resumed)).isEqualTo(second.subList(16, 23));
  }

  @Test
  void eachPassReadsTheSourceOfThatPassAlsoAfterResuming() {
    FeatureSource passes = new Passes(0);
    FeatureBatches batches = FeatureBatches.shuffled(passes, ROWS, LABELS, 8, 4, 1);
    List<Integer> first = numbers(batches);
    List<Integer> second = numbers(batches);
    assertThat(first.subList(0, 23)).allMatch(each -> each < 7000);
    assertThat(first.subList(23, 46)).allMatch(each -> each > 7000 && each < 14000);
    assertThat(second.subList(0, 23)).allMatch(each -> each > 14000 && each < 21000);

    FeatureBatches resumed = FeatureBatches.shuffled(passes, ROWS, LABELS, 8, 4, 1);
    resumed.resumeAfter(1, 2);
    assertThat(numbers(resumed)).isEqualTo(second.subList(16, 46));
    assertThat(numbers(FeatureBatches.inOrder(passes, ROWS, LABELS, 8)))
        .allMatch(each -> each < 7000);
  }

  /** The only feature of a row is its number and 7000 times that of the pass. */
  private record Passes(int pass) implements FeatureSource {
    @Override
    public NDList read(NDManager all, int[] rows) {
      return new NDList(NUMBERS.read(all, rows).singletonOrThrow().add(7000 * pass));
    }

    @Override
    public FeatureSource inPass(int other) {
      return new Passes(other);
    }
  }

  @Test
  void pixelsOfARandomCropAreOthersInEachPass() {
    ImageSet images = Cifar10Images.sample().images();
    PixelSource image = new PixelSource(images, Preprocessing.CAFFE, 32);
    PixelSource crop = new PixelSource(images, Preprocessing.CAFFE, 32, new View(1, false));
    float[] first = pixels(crop, 7);
    assertThat(pixels(crop.inPass(0), 7)).isEqualTo(first);
    assertThat(pixels(crop.inPass(1), 7)).isNotEqualTo(first);
    assertThat(pixels(crop.inPass(1), 7)).isEqualTo(pixels(crop.inPass(1), 7));
    assertThat(pixels(image.inPass(1), 7)).isEqualTo(pixels(image, 7));
  }

  private static void assertEveryRowIsShownOnce(List<Integer> numbers) {
    assertThat(numbers.stream().map(Math::abs).toList())
        .containsExactlyInAnyOrder(IntStream.of(ROWS).boxed().toArray(Integer[]::new));
  }

  private static FeatureSource negative() {
    return (all, rows) -> new NDList(NUMBERS.read(all, rows).singletonOrThrow().neg());
  }

  private List<Integer> numbers(FeatureBatches batches) {
    List<Integer> numbers = new ArrayList<>();
    for (Batch batch : batches.getData(manager)) {
      try (batch) {
        float[] values = batch.getData().singletonOrThrow().toFloatArray();
        float[] labels = batch.getLabels().singletonOrThrow().toFloatArray();
        for (int i = 0; i < values.length; i++) {
          assertThat(labels[i]).isEqualTo(Math.abs(values[i]) % 7);
          numbers.add((int) values[i]);
        }
      }
    }
    return numbers;
  }

  @Test
  void mirroredPixelsHaveLeftAndRightSwapped() {
    ImageSet images = Cifar10Images.sample().images();
    float[] plain = pixels(new PixelSource(images, Preprocessing.CAFFE, 32), 7);
    float[] mirrored =
        pixels(new PixelSource(images, Preprocessing.CAFFE, 32, View.MIRROR_IMAGE), 7);
    for (int i = 0; i < plain.length; i++) {
      assertThat(mirrored[i]).isEqualTo(plain[i / 32 * 32 + 31 - i % 32]);
    }
    assertThat(mirrored).isNotEqualTo(plain);
  }

  private float[] pixels(FeatureSource source, int row) {
    try (NDArray array = source.read(manager, new int[] {row}).singletonOrThrow()) {
      return array.toFloatArray();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "3, 3", "4, 6", "6, 6", "7, 9", "10, 12"})
  void thereAreNoMoreRoundsThanMinBatchesNeeds(int minBatches, int batches) {
    assertThat(FeatureBatches.shuffled(NUMBERS, ROWS, LABELS, 8, minBatches, 1).batches())
        .isEqualTo(batches);
  }

  @Test
  void rowsAndLabelsMustBeOfOneLength() {
    assertThatThrownBy(() -> FeatureBatches.inOrder(NUMBERS, ROWS, new int[3], 8))
        .hasMessage("23 rows, 3 labels");
  }

  @Test
  void pixelsAreThoseOfTheImagesOfTheRows() {
    ImageSet images = Cifar10Images.sample().images();
    PixelSource source = new PixelSource(images, Preprocessing.CAFFE, 32);
    int[] rows = {4000, 5, images.size() - 1, 3999};
    float[] pixels;
    try (NDArray array = source.read(manager, rows).singletonOrThrow()) {
      assertThat(array.getShape()).isEqualTo(new Shape(4, 3, 32, 32));
      assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
      pixels = array.toFloatArray();
    }
    for (int n = 0; n < rows.length; n++) {
      byte[] rgb = images.read(rows[n], 0).orElseThrow().rgb();
      for (int i = 0; i < 3 * 32 * 32; i++) {
        int channel = i / (32 * 32); // R, G, B, whatever the network's own order
        int place = i % (32 * 32);
        assertThat(pixels[n * 3 * 32 * 32 + i])
            .isEqualTo(Byte.toUnsignedInt(rgb[3 * place + channel]));
      }
    }
    assertThatThrownBy(() -> source.read(manager, new int[] {images.size()}))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void anImageThatBecameUnreadableIsNamed(@TempDir Path folder) throws IOException {
    ImageMaker.write(folder.resolve("images/a"), 1, 2, 16);
    ImageMaker.write(folder.resolve("images/b"), 5, 2, 16);
    ImageSet images = ImageMaker.open(folder.resolve("images")).images();
    PixelSource source = new PixelSource(images, Preprocessing.CAFFE, 32);
    Files.writeString(folder.resolve("images/a/01.png"), "no image");

    source.read(manager, new int[] {0, 2});
    assertThatThrownBy(() -> source.read(manager, new int[] {0, 1}))
        .isInstanceOf(GraftException.class)
        .hasMessage(folder.resolve("images/a/01.png") + " can't be read any more.");
  }
}
