package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final Shape CROSSING = new Shape(2, 1, 2);

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static FeatureKey key(String pictures) {
    return new FeatureKey(
        "tiny", "w", List.of("a"), List.of("a"), 8, "p", "l", pictures, "engine 1");
  }

  /** The crossing's value k of a row: {@code 10 row + k}, which every type holds exactly. */
  private static float crossing(int row, int k) {
    return 10 * row + k;
  }

  private static float average(int row, int k) {
    return -row - k / 8f;
  }

  private static ByteBuffer records(RecordLayout layout, int from, int to) {
    ByteBuffer records =
        ByteBuffer.allocate((to - from) * layout.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = from; row < to; row++) {
      for (int k = 0; k < layout.crossing().size() && layout.hasCrossing(); k++) {
        float value = crossing(row, k);
        switch (layout.type()) {
          case UINT8 -> records.put((byte) value);
          case FLOAT16 -> records.putShort(half((int) value));
          default -> records.putFloat(value);
        }
      }
      for (int k = 0; k < layout.averages(); k++) {
        records.putFloat(average(row, k));
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

  private FeatureCache create(RecordLayout layout) throws IOException {
    return FeatureCache.create(
        folder, key("x"), layout, SIZE, 4, (from, to) -> records(layout, from, to));
  }

  private void check(FeatureCache cache, RecordLayout layout, int... rows) {
    check(cache.read(manager, rows), layout, rows);
  }

  private static void check(NDList read, RecordLayout layout, int... rows) {
    assertThat(read).hasSize((layout.hasCrossing() ? 1 : 0) + (layout.averages() > 0 ? 1 : 0));
    if (layout.hasCrossing()) {
      int size = (int) layout.crossing().size();
      float[] expected = new float[rows.length * size];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = crossing(rows[i / size], i % size);
      }
      assertThat(read.get(0).getShape())
          .isEqualTo(new Shape(rows.length).addAll(layout.crossing()));
      assertThat(read.get(0).getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(read.get(0).toFloatArray()).isEqualTo(expected);
    }
    if (layout.averages() > 0) {
      int size = layout.averages();
      float[] expected = new float[rows.length * size];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = average(rows[i / size], i % size);
      }
      assertThat(read.get(read.size() - 1).getShape()).isEqualTo(new Shape(rows.length, size));
      assertThat(read.get(read.size() - 1).toFloatArray()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UINT8", "FLOAT16", "FLOAT32"})
  void rowsComeInTheOrderAskedForWhateverTheyAreKeptAs(DataType type) throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, type, 3);
    check(create(layout), layout, 7, 0, 9, 0, 3);
  }

  @Test
  void aRecordMayBeAveragesOrACrossingAlone() throws IOException {
    RecordLayout averages = new RecordLayout(new Shape(), DataType.FLOAT32, 5);
    check(create(averages), averages, 9, 1);
    RecordLayout crossing = new RecordLayout(CROSSING, DataType.FLOAT16, 0);
    check(create(crossing), crossing, 2, 8, 5);
  }

  @Test
  void rowsComeFromSeveralSegments() throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, DataType.FLOAT16, 2);
    create(layout);
    for (long segment : new long[] {1, layout.bytes(), 3L * layout.bytes() + 1}) {
      FeatureCache cache =
          new FeatureCache(folder.resolve(key("x").fileName()), layout, SIZE, segment);
      check(cache, layout, 0, 2, 3, 9, 5, 6, 8);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UINT8", "FLOAT16", "FLOAT32"})
  void aBatchSurvivesTheNextRead(DataType type) throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, type, 2);
    FeatureCache cache = create(layout);
    NDList first = cache.read(manager, new int[] {1, 2, 3});
    NDList second = cache.read(manager, new int[] {7, 8, 9});
    NDList larger = cache.read(manager, new int[] {9, 8, 7, 6, 5});
    check(first, layout, 1, 2, 3);
    check(second, layout, 7, 8, 9);
    check(larger, layout, 9, 8, 7, 6, 5);
  }

  @Test
  void aRowThatThereIsNotIsAnError() throws IOException {
    FeatureCache cache = create(new RecordLayout(CROSSING, DataType.FLOAT16, 2));
    for (int row : new int[] {-1, SIZE}) {
      assertThatThrownBy(() -> cache.read(manager, new int[] {0, row}))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining(row + " of " + SIZE);
    }
  }

  @Test
  void isFoundAgainByItsKeyAndSizeOnly() throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, DataType.FLOAT32, 2);
    assertThat(FeatureCache.find(folder, key("x"), layout, SIZE)).isEmpty();
    long bytes = create(layout).bytes();
    assertThat(bytes).isEqualTo(8192 + SIZE * (4 * 4 + 2 * 4));

    FeatureCache found = FeatureCache.find(folder, key("x"), layout, SIZE).orElseThrow();
    check(found, layout, 4, 9, 0);
    assertThat(FeatureCache.find(folder, key("y"), layout, SIZE)).isEmpty();
    assertThat(FeatureCache.find(folder, key("x"), layout, SIZE + 1)).isEmpty();
  }

  @Test
  void aFileWhoseHeaderIsAnotherKeysOrThatIsCutShortIsNotUsed() throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, DataType.FLOAT32, 2);
    create(layout);
    Path file = folder.resolve(key("x").fileName());
    Files.copy(file, folder.resolve(key("y").fileName()));
    assertThat(FeatureCache.find(folder, key("y"), layout, SIZE)).isEmpty();
    try (RandomAccessFile shorter = new RandomAccessFile(file.toFile(), "rw")) {
      shorter.setLength(shorter.length() - 1);
    }
    assertThat(FeatureCache.find(folder, key("x"), layout, SIZE)).isEmpty();
  }

  @Test
  void nothingIsLeftOfACacheThatWasNotCompleted() throws IOException {
    RecordLayout layout = new RecordLayout(CROSSING, DataType.FLOAT32, 2);
    assertThatThrownBy(
            () ->
                FeatureCache.create(
                    folder,
                    key("x"),
                    layout,
                    SIZE,
                    4,
                    (from, to) -> {
                      if (from > 0) {
                        throw new IllegalStateException("the engine failed");
                      }
                      return records(layout, from, to);
                    }))
        .hasMessage("the engine failed");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }
}
