package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.data.ImageMaker;
import dev.graft.data.ImageSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
class FeatureCacheTest {
  private static final int SIZE = 10;
  private static final FeatureCache.Filler REFUSING =
      (rows, sink) -> {
        throw new AssertionError("computed " + rows);
      };

  private static final Shape CROSSING = new Shape(2, 1, 2);

  @TempDir Path folder;
  private NDManager manager;

  /** Only the hashes of their contents matter here. */
  private ImageSet images;

  @BeforeEach
  void open() throws IOException {
    for (int i = 0; i < SIZE; i++) {
      Path label = folder.resolve("pictures").resolve(i < 5 ? "a" : "b");
      ImageMaker.write(label.resolve(i + ".png"), i);
    }
    images = ImageMaker.open(folder.resolve("pictures")).images();
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static FeatureKey key(String weights) {
    return new FeatureKey("tiny", weights, List.of("a"), List.of("a"), 8, "p", 1, "l", "engine 1");
  }

  /** Value k of the activation of a row: {@code 10 row + k}, which every type holds exactly. */
  private static float crossing(int row, int k) {
    return 10 * row + k;
  }

  private static float average(int row, int k) {
    return -row - k / 8f;
  }

  private static float value(RecordLayout.Field field, int row, int k) {
    return field.shape().dimension() == 1 ? average(row, k) : crossing(row, k);
  }

  private static ByteBuffer records(RecordLayout layout, List<Integer> rows) {
    ByteBuffer records =
        ByteBuffer.allocate(rows.size() * layout.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int row : rows) {
      for (RecordLayout.Field field : layout.fields()) {
        for (int k = 0; k < field.shape().size(); k++) {
          float value = value(field, row, k);
          switch (field.type()) {
            case UINT8 -> records.put((byte) value);
            case FLOAT16 -> records.putShort(half((int) value));
            default -> records.putFloat(value);
          }
        }
      }
    }
    return records.flip();
  }

  /** A whole number from 0 to 2047 in float16. */
  private static short half(int value) {
    if (value == 0) {
      return 0;
    }
    int exponent = 31 - Integer.numberOfLeadingZeros(value);
    return (short) ((exponent + 15) << 10 | (value << (10 - exponent) & 0x3ff));
  }

  /** Creates a cache of all rows, filled in two steps and out of order. */
  private FeatureCache create(RecordLayout layout) throws IOException {
    FeatureCache cache = new FeatureCache(folder, key("x"), layout);
    cache.fill(
        images,
        cache.missing(images, row -> true),
        (rows, sink) -> {
          sink.store(List.of(8, 3), records(layout, List.of(8, 3)));
          List<Integer> others = rows.stream().filter(row -> row != 8 && row != 3).toList();
          sink.store(others, records(layout, others));
        });
    return cache;
  }

  private void check(FeatureCache cache, RecordLayout layout, int... rows) {
    check(cache.of(images, REFUSING, row -> true).read(manager, rows), layout, rows);
  }

  private static void check(NDList read, RecordLayout layout, int... rows) {
    assertThat(read).hasSameSizeAs(layout.fields());
    for (int i = 0; i < read.size(); i++) {
      RecordLayout.Field field = layout.fields().get(i);
      int size = (int) field.shape().size();
      float[] expected = new float[rows.length * size];
      for (int k = 0; k < expected.length; k++) {
        expected[k] = value(field, rows[k / size], k % size);
      }
      assertThat(read.get(i).getShape()).isEqualTo(new Shape(rows.length).addAll(field.shape()));
      assertThat(read.get(i).getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(read.get(i).toFloatArray()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UINT8", "FLOAT16", "FLOAT32"})
  void rowsComeInTheRequestedOrder(DataType type) throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, type, 3);
    check(create(layout), layout, 7, 0, 9, 0, 3);
  }

  @Test
  void averagesOfSeveralStagesAreSeparateValues() throws IOException {
    RecordLayout.Field one = new RecordLayout.Field(new Shape(2), DataType.FLOAT32);
    RecordLayout.Field other = new RecordLayout.Field(new Shape(3), DataType.FLOAT32);
    RecordLayout layout =
        new RecordLayout(List.of(new RecordLayout.Field(CROSSING, DataType.FLOAT16), one, other));
    check(create(layout), layout, 4, 9, 0);
  }

  @Test
  void aRecordMayHoldOnlyAveragesOrOnlyAnActivation() throws IOException {
    RecordLayout averages = RecordLayoutTest.layout(new Shape(), DataType.FLOAT32, 5);
    check(create(averages), averages, 9, 1);
    RecordLayout crossing = RecordLayoutTest.layout(CROSSING, DataType.FLOAT16, 0);
    check(create(crossing), crossing, 2, 8, 5);
  }

  @ParameterizedTest
  @EnumSource(names = {"UINT8", "FLOAT16", "FLOAT32"})
  void aBatchSurvivesTheNextRead(DataType type) throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, type, 2);
    FeatureSource cache = create(layout).of(images, REFUSING, row -> true);
    NDList first = cache.read(manager, new int[] {1, 2, 3});
    NDList second = cache.read(manager, new int[] {7, 8, 9});
    NDList larger = cache.read(manager, new int[] {9, 8, 7, 6, 5});
    check(first, layout, 1, 2, 3);
    check(second, layout, 7, 8, 9);
    check(larger, layout, 9, 8, 7, 6, 5);
  }

  @Test
  void anUncachedRowIsAnError() throws IOException {
    FeatureSource source =
        create(RecordLayoutTest.layout(CROSSING, DataType.FLOAT16, 2))
            .of(images, REFUSING, row -> true);
    for (int row : new int[] {-1, SIZE}) {
      assertThatThrownBy(() -> source.read(manager, new int[] {0, row}))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void deletedFeaturesAreReported() throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, DataType.FLOAT16, 2);
    FeatureCache cache = new FeatureCache(folder, key("x"), layout);
    List<Integer> some = List.of(0, 1, 2);
    cache.fill(
        images,
        cache.missing(images, row -> true),
        (rows, sink) -> sink.store(some, records(layout, some)));
    assertThatThrownBy(() -> cache.of(images, REFUSING, row -> true))
        .isInstanceOf(GraftException.class)
        .hasMessageStartingWith("The features of 7 images are missing in " + folder);
    check(cache.of(images, REFUSING, some::contains).read(manager, new int[] {2, 0}), layout, 2, 0);
    assertThat(cache.missing(images, row -> row < 5)).containsExactly(3, 4);
  }

  /** As after a system crash: the hash was written, the record was not. */
  @Test
  void onlyADamagedRecordIsComputedAgain() throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, DataType.FLOAT32, 2);
    create(layout).close();
    damage(layout, 8, 3); // as they lie in the file
    FeatureCache cache = new FeatureCache(folder, key("x"), layout);
    assertThat(cache.missing(images, row -> true)).isEmpty();
    List<Integer> computed = new ArrayList<>();
    FeatureSource source =
        cache.of(
            images,
            (rows, sink) -> {
              computed.addAll(rows);
              sink.store(rows, records(layout, rows));
            },
            row -> true);
    check(source.read(manager, new int[] {1, 2}), layout, 1, 2);
    assertThat(computed).isEmpty();
    for (int i = 0; i < 2; i++) {
      check(source.read(manager, new int[] {8, 0, 3, 9}), layout, 8, 0, 3, 9);
      assertThat(computed).containsExactly(8, 3);
    }
    check(new FeatureCache(folder, key("x"), layout), layout, 8, 3, 7);
  }

  @Test
  void aDamagedRecordOfAMissingImageIsReported() throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, DataType.FLOAT32, 2);
    create(layout).close();
    damage(layout, 8);
    FeatureSource source =
        new FeatureCache(folder, key("x"), layout).of(images, (rows, sink) -> {}, row -> true);
    assertThatThrownBy(() -> source.read(manager, new int[] {8}))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("8.png")
        .hasMessageEndingWith(
            "are damaged, and the image can't be read any more. Start the run again without it.");
  }

  /** Zeroes the first records of the only file. */
  private void damage(RecordLayout layout, int... rows) throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve(key("x").folderName()))) {
      file = files.filter(each -> each.toString().endsWith(".records")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < rows.length; i++) {
      int from = 8192 + i * (36 + layout.bytes()) + 36;
      Arrays.fill(bytes, from, from + layout.bytes(), (byte) 0);
    }
    Files.write(file, bytes);
  }

  @Test
  void theNextRunReadsTheCache() throws IOException {
    RecordLayout layout = RecordLayoutTest.layout(CROSSING, DataType.FLOAT32, 2);
    create(layout);
    FeatureCache next = new FeatureCache(folder, key("x"), layout);
    assertThat(next.missing(images, row -> true)).isEmpty();
    check(next, layout, 4, 9, 0);
  }
}
