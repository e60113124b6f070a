package dev.graft.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.GraftException;
import dev.graft.data.ImageMaker;
import dev.graft.data.ImageSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which features are computed and which are cached; reading them needs an engine. */
class FeatureCacheFileTest {
  /** Records of 8 bytes. */
  private static final RecordLayout LAYOUT =
      RecordLayoutTest.layout(new Shape(), DataType.FLOAT32, 2);

  private static final FeatureKey KEY = key("weights");

  @TempDir private Path temporary;

  @BeforeEach
  void write() throws IOException {
    ImageMaker.write(images().resolve("a"), 0, 4, 16);
    ImageMaker.write(images().resolve("b"), 10, 3, 16);
  }

  @Test
  void theSecondRunComputesNothing() throws IOException {
    assertThat(computed(KEY))
        .containsExactly("a/00", "a/01", "a/02", "a/03", "b/00", "b/01", "b/02");
    assertThat(computed(KEY)).isEmpty();
    assertThat(new FeatureCache(features(), KEY, LAYOUT).bytes()).isEqualTo(8192 + 7 * (36 + 8));
  }

  @Test
  void anotherKeyHasACacheOfItsOwn() throws IOException {
    computed(KEY);
    assertThat(computed(key("other"))).hasSize(7);
    assertThat(computed(KEY)).isEmpty();
    try (Stream<Path> folders = Files.list(features())) {
      assertThat(folders.map(folder -> folder.getFileName().toString()))
          .containsExactlyInAnyOrder(KEY.folderName(), key("other").folderName());
    }
  }

  @Test
  void aRenamedCacheFolderIsNotUsed() throws IOException {
    computed(KEY);
    Path one = features().resolve(KEY.folderName());
    Files.move(one, features().resolve(key("other").folderName()));
    assertThat(computed(key("other"))).hasSize(7);
  }

  @Test
  void onlyAnAddedImageIsComputed() throws IOException {
    computed(KEY);
    ImageMaker.write(images().resolve("a/000.png"), 77);
    assertThat(computed(KEY)).containsExactly("a/000");
  }

  @Test
  void onlyAChangedImageIsComputed() throws IOException {
    computed(KEY);
    ImageMaker.write(images().resolve("a/02.png"), 77);
    assertThat(computed(KEY)).containsExactly("a/02");
  }

  @Test
  void aRenamedOrMovedImageIsNotComputedAgain() throws IOException {
    computed(KEY);
    Files.move(images().resolve("a/01.png"), images().resolve("a/zz.png"));
    Files.move(images().resolve("a/02.png"), images().resolve("b/aa.png"));
    Files.move(images().resolve("b"), images().resolve("c"));
    assertThat(computed(KEY)).isEmpty();
  }

  @Test
  void aRemovedAndRestoredImageIsNotComputedAgain() throws IOException {
    computed(KEY);
    Path moved = temporary.resolve("kept.png");
    Files.move(images().resolve("a/00.png"), moved);
    assertThat(computed(KEY)).isEmpty();
    Files.move(moved, images().resolve("a/00.png"));
    assertThat(computed(KEY)).isEmpty();
  }

  @Test
  void aDuplicateIsComputedOnce() throws IOException {
    Files.copy(images().resolve("a/00.png"), images().resolve("a/09.png"));
    assertThat(computed(KEY)).hasSize(7).contains("a/00").doesNotContain("a/09");
    Files.copy(images().resolve("b/01.png"), images().resolve("b/08.png"));
    assertThat(computed(KEY)).isEmpty();
  }

  @Test
  void unreadableImagesAreNotMissing() throws IOException {
    Files.writeString(images().resolve("a/00.png"), "no image");
    assertThat(computed(KEY)).hasSize(6).doesNotContain("a/00");
  }

  @Test
  void aStoppedRunKeepsWhatItCached() {
    IllegalArgumentException failure = new IllegalArgumentException("the engine failed");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(
            () ->
                fill(
                    KEY,
                    (rows, sink) -> {
                      sink.store(rows.subList(0, 3), ByteBuffer.allocate(3 * 8));
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(computedUnchecked()).containsExactly("a/03", "b/00", "b/01", "b/02");
  }

  @Test
  void recordsOfWrongSizeAreRejected() {
    for (int wrong : new int[] {-1, 1, 8}) {
      assertThatIllegalStateException()
          .isThrownBy(
              () -> fill(KEY, (rows, sink) -> sink.store(rows, ByteBuffer.allocate(7 * 8 + wrong))))
          .withMessage(String.format(Locale.ROOT, "%d bytes for 7 records of 8", 56 + wrong));
    }
    assertThat(computedUnchecked()).hasSize(7);
  }

  @Test
  void aFullDiskIsDetectedBeforeFeaturesAreComputed() throws IOException {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> FeatureCache.requireSpace(features(), Long.MAX_VALUE))
        .withMessageMatching(
            "The features need 9,223,372,036,855 MB in .*, where [0-9,]+ MB are free; make"
                + " room there, or train without the cache\\.");
    assertThat(features()).isEmptyDirectory();
    FeatureCache.requireSpace(features(), 1);
  }

  /** The images whose features a run computes, without {@code .png}. */
  private List<String> computed(FeatureKey key) throws IOException {
    List<String> computed = new ArrayList<>();
    ImageSet set = set();
    fill(
        key,
        (rows, sink) -> {
          for (int row : rows) {
            computed.add(
                images()
                    .relativize(Path.of(set.place(row)))
                    .toString()
                    .replace('\\', '/')
                    .replace(".png", ""));
            sink.store(List.of(row), ByteBuffer.allocate(8));
          }
        });
    return computed;
  }

  private List<String> computedUnchecked() {
    try {
      return computed(KEY);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void fill(FeatureKey key, FeatureCache.Filler filler) throws IOException {
    ImageSet set = set();
    FeatureCache cache = new FeatureCache(features(), key, LAYOUT);
    cache.fill(set, cache.missing(set, row -> true), filler);
  }

  private static FeatureKey key(String weights) {
    return new FeatureKey(
        "vgg16", weights, List.of("a"), List.of("a"), 32, "rgb", 1, LAYOUT.toString(), "e");
  }

  private ImageSet set() throws IOException {
    return ImageMaker.open(images()).images();
  }

  private Path images() {
    return temporary.resolve("pictures");
  }

  private Path features() {
    return temporary.resolve("features");
  }
}
