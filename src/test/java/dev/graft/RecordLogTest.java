package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Making and finding files of features; what is read from them needs an engine. */
class FeatureCacheFileTest {
  /** 8 bytes a record. */
  private static final RecordLayout LAYOUT = new RecordLayout(new Shape(), DataType.FLOAT32, 2);

  private static final int SIZE = 7;
  private static final int HEADER = 8192;
  private static final FeatureKey KEY = key("weights");

  @TempDir private Path temporary;

  @Test
  void aFileHoldsTheKeyAndThenTheRecordsInOrder() throws IOException {
    List<String> asked = new ArrayList<>();
    FeatureCache made =
        FeatureCache.create(
            folder(),
            KEY,
            LAYOUT,
            SIZE,
            3,
            (from, to) -> {
              asked.add(from + "-" + to);
              return counting(from, to);
            });
    assertThat(asked).containsExactly("0-3", "3-6", "6-7");
    assertThat(made.bytes()).isEqualTo(HEADER + 56);

    byte[] file = Files.readAllBytes(file());
    String header = new String(file, 0, HEADER, StandardCharsets.UTF_8);
    assertThat(header.replace("\0", "")).isEqualTo("graft features\n" + KEY.text());
    assertThat(Arrays.copyOfRange(file, HEADER, file.length)).isEqualTo(counting(0, SIZE).array());
    assertThat(files()).containsExactly(KEY.fileName());
  }

  @Test
  void aFileThatWasMadeIsFound() throws IOException {
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).isEmpty();
    create();
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).isPresent();
  }

  @Test
  void anotherKeyFindsNothing() throws IOException {
    create();
    FeatureKey other = key("other");
    assertThat(FeatureCache.find(folder(), other, LAYOUT, SIZE)).isEmpty();
    Files.copy(file(), folder().resolve(other.fileName()));
    assertThat(FeatureCache.find(folder(), other, LAYOUT, SIZE)).isEmpty();
  }

  @Test
  void aFileOfAnotherSizeIsNotTaken() throws IOException {
    create();
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE + 1)).isEmpty();
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE - 1)).isEmpty();
    byte[] whole = Files.readAllBytes(file());
    for (int length : new int[] {0, 100, HEADER, whole.length - 1, whole.length + 1}) {
      Files.write(file(), Arrays.copyOf(whole, length));
      assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).as("%d bytes", length).isEmpty();
    }
    Files.write(file(), whole);
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).isPresent();
  }

  @Test
  void aFileWhoseHeaderDiffersIsNotTaken() throws IOException {
    create();
    byte[] whole = Files.readAllBytes(file());
    for (int at : new int[] {0, 20, HEADER - 1}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      Files.write(file(), damaged);
      assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).as("byte %d", at).isEmpty();
    }
  }

  @Test
  void aFileThatIsNotTakenIsReplaced() throws IOException {
    Files.createDirectories(folder());
    Files.writeString(file(), "rubbish");
    create();
    assertThat(FeatureCache.find(folder(), KEY, LAYOUT, SIZE)).isPresent();
  }

  @Test
  void aFillerThatFailsLeavesNothing() throws IOException {
    IllegalArgumentException failure = new IllegalArgumentException("no such picture");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(
            () ->
                FeatureCache.create(
                    folder(),
                    KEY,
                    LAYOUT,
                    SIZE,
                    3,
                    (from, to) -> {
                      assertThat(files()).singleElement().asString().endsWith(".unfinished");
                      if (from > 0) {
                        throw failure;
                      }
                      return counting(from, to);
                    }))
        .isSameAs(failure);
    assertThat(files()).isEmpty();
  }

  @Test
  void aFillerOfTheWrongNumberOfBytesIsAnErrorAndLeavesNothing() {
    for (int wrong : new int[] {-1, 1, 8}) {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  FeatureCache.create(
                      folder(),
                      KEY,
                      LAYOUT,
                      SIZE,
                      SIZE,
                      (from, to) -> ByteBuffer.allocate((to - from) * 8 + wrong)))
          .withMessage(
              "%d bytes for 7 records of crossing [] float32, 2 averages".formatted(56 + wrong));
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void featuresThatTheDiskHasNoRoomForAreRefusedBeforeTheyAreComputed() {
    RecordLayout large = new RecordLayout(new Shape(1 << 14, 128, 128), DataType.FLOAT32, 0);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () ->
                FeatureCache.create(
                    folder(),
                    KEY,
                    large,
                    Integer.MAX_VALUE,
                    1,
                    (from, to) -> {
                      throw new AssertionError("computed");
                    }))
        .withMessageMatching(
            "The features need 2,199,023,254,[0-9]{3} MB in .*, where [0-9,]+ MB are free; make"
                + " room there, or train with --no-cache\\.");
    assertThat(files()).isEmpty();
  }

  @Test
  void aFileIsAsReadableAsOthersOfTheUsers() throws IOException {
    create();
    Path other = Files.createFile(folder().resolve("other"));
    assertThat(Files.getPosixFilePermissions(file()))
        .isEqualTo(Files.getPosixFilePermissions(other));
  }

  private void create() throws IOException {
    FeatureCache.create(folder(), KEY, LAYOUT, SIZE, 4, FeatureCacheFileTest::counting);
  }

  /** Records whose bytes count on from one to the next. */
  private static ByteBuffer counting(int from, int to) {
    ByteBuffer records = ByteBuffer.allocate((to - from) * 8);
    for (int i = from * 8; i < to * 8; i++) {
      records.put((byte) i);
    }
    return records.flip();
  }

  private static FeatureKey key(String weights) {
    return new FeatureKey(
        "vgg16", weights, List.of("a"), List.of("a"), 32, "rgb", LAYOUT.toString(), "p", "e");
  }

  private Path folder() {
    return temporary.resolve("features");
  }

  private Path file() {
    return folder().resolve(KEY.fileName());
  }

  private List<String> files() {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder())) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return names;
  }
}
