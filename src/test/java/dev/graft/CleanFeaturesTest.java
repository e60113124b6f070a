package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.graft.feature.CachedFeatures;
import dev.graft.feature.FeatureCache;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.image.Augmentation;
import dev.graft.io.Hash;
import dev.graft.io.RecordLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code doctor}: its lists of cached features and leftovers, and what it removes. */
@Tag("engine")
class CleanFeaturesTest {
  private static final RecordLayout LAYOUT =
      new RecordLayout(List.of(new RecordLayout.Field(new Shape(1 << 18), DataType.FLOAT32)));

  @TempDir private Path output;

  /** Writes features of 3 MB, 40 days old, and of 1 MB, 2 hours old. */
  @BeforeEach
  void write() throws IOException {
    write("old", 3, Duration.ofDays(40));
    write("new", 1, Duration.ofHours(2));
  }

  private static FeatureKey key(String weights) {
    return new FeatureKey(
        "tiny", weights, List.of("a"), List.of("a"), 48, "p", 1, LAYOUT.toString(), "e");
  }

  private Path folder(String weights) {
    return output.resolve("features").resolve(key(weights).folderName());
  }

  private void write(String weights, int records, Duration age) throws IOException {
    write(key(weights), records, age);
  }

  private void write(FeatureKey key, int records, Duration age) throws IOException {
    Path folder = output.resolve("features").resolve(key.folderName());
    try (RecordLog.Writer writer = new RecordLog.Writer(folder, key.text(), LAYOUT.bytes())) {
      for (int i = 0; i < records; i++) {
        writer.add(
            List.of(Hash.Algorithm.SHA256.of("image " + i).hex()),
            ByteBuffer.allocate(LAYOUT.bytes()));
      }
    }
    Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minus(age)));
  }

  private CommandRun doctor(String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "doctor";
    arguments[1] = "--output=" + output;
    System.arraycopy(more, 0, arguments, 2, more.length);
    return CommandRun.of(arguments);
  }

  @Test
  void featuresAreListedByKeyWithSizeAndAge() {
    assertThat(doctor().out())
        .contains(
            key("old").folderName()
                + ": 3.2 MB, input 48, original images, last used 40 days ago\n")
        .contains(
            key("new").folderName()
                + ": 1.1 MB, input 48, original images, last used 2 hours ago\n")
        .doesNotContain("freed");
    assertThat(folder("old")).exists();
  }

  @Test
  void theViewOfTheImagesIsNamed() throws IOException {
    View augmented = new View(3, true, new Augmentation(9, 0.5, List.of(1, 2, 3)));
    for (View view : List.of(View.MIRROR_IMAGE, new View(1, false), new View(2, true), augmented)) {
      write(key("old").of(view), 1, Duration.ofHours(1));
    }
    assertThat(doctor().out())
        .contains(" input 48, mirror images, last used 1 hour ago\n")
        .contains(" input 48, random crop 1, last used")
        .contains(" input 48, random crop 2, mirrored or not, last used")
        .contains(
            " input 48, random crop 3, mirrored or not, rand-augment 9, cutout 0.5 in 1 2 3, last");
  }

  @Test
  void checkpointsOfStoppedRunsAreListedWithTheirSizeAndRemovedOnRequest() throws IOException {
    Path checkpoints = output.resolve("runs/20260101-120000-vgg16-pets/checkpoint");
    Files.createDirectories(checkpoints);
    Files.write(checkpoints.resolve("000001-000000000.checkpoint"), new byte[2_500_000]);
    String line = checkpoints + ": 2.5 MB, from which its run can be resumed, 0 minutes old";
    assertThat(doctor().out()).contains(line + "\n").contains("doctor --clean removes");
    assertThat(doctor("--clean").out()).contains(line + "; removed\n");
    assertThat(checkpoints).doesNotExist();
    assertThat(checkpoints.getParent()).exists();
  }

  @Test
  void aLatestRunThatIsMissingIsReportedAmongTheOthers() throws IOException {
    Files.createDirectories(output.resolve("runs/20260101-120000-vgg16-pets"));
    Path latest = Files.writeString(output.resolve("latest"), "gone");
    CommandRun run = doctor();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(
            "1 in "
                + output.resolve("runs")
                + ". "
                + latest
                + " names the run gone, which does not exist; name another run.\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"30d", "3h"})
  void featuresThatWereNotUsedForLongAreRemoved(String older) {
    assertThat(doctor("--clean-features", older).out())
        .contains(
            key("old").folderName()
                + ": 3.2 MB, input 48, original images, last used 40 days ago; removed\n")
        .contains("3.2 MB freed\n");
    assertThat(folder("old")).doesNotExist();
    assertThat(folder("new")).exists();
  }

  @Test
  void featuresInUseAreNotRemoved() throws IOException {
    try (FeatureCache used = new FeatureCache(output.resolve("features"), key("old"), LAYOUT)) {
      assertThat(used.bytes()).isGreaterThan(3 << 20);
      assertThat(doctor("--clean-features", "0d").out())
          .contains(
              key("old").folderName()
                  + ": 3.2 MB, input 48, original images, last used 0 minutes ago; in use,")
          .contains("1.1 MB freed\n");
      assertThat(folder("old")).exists();
      assertThat(folder("new")).doesNotExist();
    }
    try (var files = Files.list(folder("old"))) {
      assertThat(files).hasSize(1);
    }
    assertThat(doctor("--clean-features", "0d").out()).contains("3.2 MB freed\n");
    assertThat(output.resolve("features")).isEmptyDirectory();
  }

  @Test
  void openingACacheUpdatesWhenItWasLastUsed() throws IOException {
    new FeatureCache(output.resolve("features"), key("old"), LAYOUT).close();
    assertThat(CachedFeatures.all(output.resolve("features")).get(0).lastUsed())
        .isAfter(Instant.now().minus(Duration.ofMinutes(1)));
  }

  @Test
  void unfinishedFilesOfAClusterAreInUse() throws IOException {
    Files.writeString(folder("old").resolve("job-1.records.unfinished"), "");
    assertThat(doctor("--clean-features", "0d").out()).contains("in use, not removed");
    assertThat(folder("old")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "d", "-1d", "2w", ""})
  void anythingButDaysOrHoursIsWrongUsage(String older) {
    CommandRun run = doctor("--clean-features=" + older);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("must be a number of days or hours, such as 30d or 12h");
    assertThat(folder("old")).exists();
  }
}
