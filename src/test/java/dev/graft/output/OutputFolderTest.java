package dev.graft.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import dev.graft.data.OwnOutput;
import dev.graft.output.OutputFolder.LeftoverKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  private static final RunRecord RUNNING =
      RunRecord.running(
          new RunRecord.Provenance("vgg16", null, 42, null, null, "ef56", null),
          new RunRecord.Data("pets", 2, "cd34"));

  @TempDir private Path path;
  private OutputFolder output;

  @BeforeEach
  void output() {
    output = new OutputFolder(path);
  }

  @Test
  void allOfItsFoldersAreSkippedAsData() {
    assertThat(
            Stream.of(
                output.runs(),
                output.features(),
                output.fingerprints(),
                output.evaluations(),
                output.inspections(),
                output.sweeps(),
                output.exports()))
        .extracting(each -> each.getFileName().toString())
        .containsExactlyInAnyOrderElementsOf(OwnOutput.FOLDERS);
  }

  @Test
  void aLinkToAFolderIsMarked() throws IOException {
    Path link =
        Files.createSymbolicLink(path.resolve("link"), Files.createDirectory(path.resolve("real")));

    new OutputFolder(link).mark();

    assertThat(path.resolve("real").resolve(OwnOutput.MARKER)).exists();
  }

  @Test
  void aRunCannotBeginBehindAFileOrABrokenLink() throws IOException {
    Path file = Files.createFile(path.resolve("file"));
    Path link = Files.createSymbolicLink(path.resolve("link"), path.resolve("nowhere"));
    for (Path each : List.of(file, link)) {
      assertThatThrownBy(() -> new OutputFolder(each).begin("vgg16-pets", RUNNING, ""))
          .isInstanceOf(GraftException.class)
          .hasMessageStartingWith("The run's folder can't be created in " + each + " (" + each)
          .hasMessageEndingWith("); choose another output folder.")
          .message()
          .doesNotContain("Exception");
    }
    assertThat(link).isSymbolicLink();
  }

  @Test
  void outputThatWouldHideImagesIsRefused() throws IOException {
    Path data = Files.createDirectories(path.resolve("photos"));
    for (String image :
        List.of("train/cat/1.png", "train/dog/5/6/7/2.png", "old/runs/x/plots/3.png")) {
      Files.createDirectories(data.resolve(image).getParent());
      Files.createFile(data.resolve(image));
    }
    Path link = Files.createSymbolicLink(path.resolve("link"), data.resolve("train/cat"));
    Path cow = Files.createDirectories(path.resolve("cows"));
    Files.createFile(cow.resolve("4.png"));
    Files.createSymbolicLink(data.resolve("train/cow"), cow);
    for (Path each :
        List.of(
            data.resolve("train"),
            data.resolve("train/cat/new/out"),
            data.resolve("train/cow"),
            data.resolve("train/dog"),
            link.resolve("out"))) {
      assertThatThrownBy(() -> new OutputFolder(each).requireOutsideOfClasses(data.toString()))
          .isInstanceOf(GraftException.class)
          .hasMessageMatching(
              "The output folder " + each + " is in " + path + "/(photos/train|link).*")
          .hasMessageEndingWith(": choose an output folder outside of the class folders.");
    }
    for (Path each :
        List.of(data, data.resolve("out"), data.resolve("old"), data.resolve("train/out"), path)) {
      new OutputFolder(each).requireOutsideOfClasses(data.toString());
    }
    Files.createFile(data.resolve("train/cat").resolve(OwnOutput.MARKER)); // hidden already
    new OutputFolder(data.resolve("train/cat")).requireOutsideOfClasses(data.toString());
  }

  /** Leaves a run as a killed process does: with all of its files, but not locked. */
  private Path killed() throws IOException {
    Path left;
    try (RunFolder run = output.begin("vgg16-pets", RUNNING, "")) {
      left = run.path();
    }
    Files.writeString(
        left.resolve("run.json"),
        Files.readString(left.resolve("run.json")).replace("interrupted", "running"));
    Files.createFile(left.resolve(".running"));
    Files.createDirectory(left.resolve("model.unfinished"));
    Files.writeString(left.resolve("model.unfinished/synset.txt"), "cat");
    return left;
  }

  @Test
  void aRunWhoseRecordIsDamagedIsFoundAndNotResumed() throws IOException {
    Path run = killed();
    Path damaged = Files.createDirectory(output.runs().resolve("9-damaged"));
    Files.createDirectory(output.runs().resolve("9-without-a-record"));
    for (String text : List.of("", "{\"status\" : \"runn", "{\"data\" : {\"name\" : \"pets\"}}")) {
      Files.writeString(damaged.resolve("run.json"), text);
      assertThat(output.damaged()).as(text).containsExactly(damaged);
    }
    assertThat(output.resumable("")).isEqualTo(run);
  }

  private static Path old(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
    return file;
  }

  @Test
  void leftoversOfAKilledProcessAreListedWithTheirAges() throws IOException {
    Path run = killed();
    Path latest = old(Files.createFile(path.resolve("latest.0123.unfinished")));
    Files.createDirectories(output.evaluations().resolve("20260101-000000-pets.unfinished"));
    assertThat(output.leftovers())
        .extracting(OutputFolder.Leftover::path)
        .containsExactly(
            output.evaluations().resolve("20260101-000000-pets.unfinished"),
            latest,
            run,
            run.resolve("model.unfinished"));
    assertThat(output.leftovers().get(1).age()).isBetween(Duration.ofDays(2), Duration.ofDays(4));
    assertThat(output.leftovers())
        .extracting(OutputFolder.Leftover::kind)
        .containsExactly(
            LeftoverKind.UNFINISHED,
            LeftoverKind.UNFINISHED,
            LeftoverKind.RUN,
            LeftoverKind.UNFINISHED);
  }

  @Test
  void cleaningRemovesUnfinishedFilesAndMarksTheRunInterrupted() throws IOException {
    Path run = killed();
    for (OutputFolder.Leftover each : output.leftovers()) {
      output.clean(each);
    }
    assertThat(output.leftovers()).isEmpty();
    assertThat(run.resolve("model.unfinished")).doesNotExist();
    assertThat(run.resolve(".running")).doesNotExist();
    assertThat(RunFolder.recordOf(run)).isEqualTo(RUNNING.with(RunRecord.Status.INTERRUPTED, null));
  }

  @Test
  void checkpointsOfRunsThatDidNotFinishAreListedAndRemovedAsAWhole() throws IOException {
    Path stopped;
    try (RunFolder run = output.begin("vgg16-pets", RUNNING, "")) {
      stopped = run.checkpoints();
      Files.createDirectory(stopped);
      Files.createFile(stopped.resolve("000001-000000000.checkpoint"));
      Files.createFile(stopped.resolve("000002-000000000.checkpoint.0123.unfinished"));
      assertThat(output.leftovers()).as("while the run is alive").isEmpty();
    }
    assertThat(output.leftovers()).hasSize(1);
    OutputFolder.Leftover left = output.leftovers().get(0);
    assertThat(left.path()).isEqualTo(stopped);
    assertThat(left.kind()).isEqualTo(LeftoverKind.CHECKPOINTS);
    output.clean(left);
    assertThat(stopped).doesNotExist();
    RunFolder.requireResumable(stopped.getParent());
  }

  @Test
  void leftoversAmongFeaturesAndFingerprintsAreRemovedAfterADay() throws IOException {
    Path key = Files.createDirectories(output.features().resolve("vgg16-0123"));
    Files.createDirectories(output.fingerprints());
    Path list = old(Files.createFile(output.features().resolve("a-pictures.unfinished")));
    Path task = old(Files.createFile(key.resolve("a-1.records.unfinished")));
    Path prints = old(Files.createFile(output.fingerprints().resolve("a-1.records.unfinished")));
    Path whole = old(Files.createFile(key.resolve("a-0.records")));
    Path waiting = Files.createFile(key.resolve("b-1.records.unfinished"));
    Files.setLastModifiedTime(waiting, FileTime.from(Instant.now().minus(Duration.ofHours(3))));
    assertThat(output.leftovers())
        .extracting(OutputFolder.Leftover::path)
        .containsExactly(list, task, prints);
    for (OutputFolder.Leftover each : output.leftovers()) {
      output.clean(each);
    }
    assertThat(output.leftovers()).isEmpty();
    assertThat(List.of(list, task, prints)).noneMatch(Files::exists);
    assertThat(List.of(whole, waiting)).allMatch(Files::exists);
  }

  @Test
  void unfinishedFilesAreFoundInTheFoldersOfRunsSweepsAndExports() throws IOException {
    Path run = killed();
    Path sweep = output.sweep("pets");
    List<Path> files =
        List.of(
            run.resolve("plots/loss.png.0123.unfinished"),
            sweep.resolve("sweep.csv.0123.unfinished"),
            output.exports().resolve("pets.onnx.0123.unfinished"));
    for (Path file : files) {
      Files.createDirectories(file.getParent());
      old(Files.createFile(file));
    }
    assertThat(output.leftovers()).extracting(OutputFolder.Leftover::path).containsAll(files);
    // The content of an unfinished folder is removed with it.
    Files.createFile(run.resolve("model.unfinished/a.unfinished"));
    assertThat(output.leftovers())
        .filteredOn(each -> each.kind() == LeftoverKind.UNFINISHED)
        .hasSize(files.size() + 1);
    for (OutputFolder.Leftover each : output.leftovers()) {
      output.clean(each);
    }
    assertThat(output.leftovers()).isEmpty();
    assertThat(files).noneMatch(Files::exists);
  }

  @Test
  void filesOfALivingProcessAreNoLeftovers() throws IOException {
    try (RunFolder run = output.begin("vgg16-pets", RUNNING, "")) {
      Files.createDirectory(run.path().resolve("model.unfinished"));
      Files.createFile(path.resolve("latest.0123.unfinished"));
      output.evaluation(
          "pets", "summary", into -> assertThat(output.leftovers()).as("%s", into).isEmpty());
      assertThat(output.leftovers()).isEmpty();
    }
  }

  @Test
  void anEvaluationThatFailsLeavesNoFolder() throws IOException {
    assertThatIOException()
        .isThrownBy(
            () ->
                output.evaluation(
                    "pets",
                    "summary",
                    into -> {
                      throw new IOException("No space left on device");
                    }));
    assertThat(output.evaluations()).isEmptyDirectory();
  }

  @Test
  void evaluationsOfTheSameSecondHaveFoldersOfTheirOwn() throws IOException {
    List<Path> folders =
        List.of(
            output.evaluation("pets", "1", into -> {}),
            output.evaluation("pets", "2", into -> {}),
            output.evaluation("pets", "3", into -> {}));
    assertThat(folders).doesNotHaveDuplicates().allMatch(Files::isDirectory);
  }

  @Test
  void aRunReservesTheSpaceToReportAFullDisk() throws IOException {
    try (RunFolder run = output.begin("vgg16-pets", RUNNING, "")) {
      assertThat(run.path().resolve(".running")).hasSize(65_536);
      run.fail("No space left on device");
      assertThat(run.path().resolve(".running")).isEmptyFile();
      assertThat(RunFolder.recordOf(run.path()).message()).isEqualTo("No space left on device");
    }
  }

  @Test
  void aRunWhoseLastWriteFailsIsMarkedFailed() throws IOException {
    try (RunFolder run = output.begin("vgg16-pets", RUNNING, "")) {
      Path json = run.path().resolve("run.json");
      Files.delete(json);
      Files.createDirectories(json.resolve("in-the-way"));
      RunRecord ended = RUNNING.with(RunRecord.Status.COMPLETED, null);
      assertThatIOException().isThrownBy(() -> run.end(ended));
      assertThat(run.path().resolve(".running")).isEmptyFile(); // the space was freed before
      Files.delete(json.resolve("in-the-way"));
      Files.delete(json);
      run.fail("No space left on device");
      assertThat(RunFolder.recordOf(run.path()))
          .isEqualTo(RUNNING.with(RunRecord.Status.FAILED, "No space left on device"));
    }
    assertThat(output.latest()).isEmpty();
  }

  @Test
  void aMissingOutputFolderIsEmpty() throws IOException {
    OutputFolder nowhere = new OutputFolder(path.resolve("nowhere"));
    assertThat(nowhere.leftovers()).isEmpty();
    assertThat(nowhere.latest()).isEmpty();
    assertThat(nowhere.count()).isZero();
  }
}
