package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.image.RgbImage;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Folders of images: unreadable images, duplicates, and names. */
class ImageFolderTest {
  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void folder() {
    folder = temporary.resolve("pets");
  }

  // Unreadable images.

  @Test
  void unreadableImagesAreInQuarantineWithTheirReasonsAndInNoPart() throws IOException {
    pets(8);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    Files.writeString(folder.resolve("cat/01.png"), "no image");
    cutOff(folder.resolve("dog/02.png"));

    DataSet data = open(0.5);
    Quarantine quarantine = data.images().quarantine();
    assertThat(quarantine.size()).isEqualTo(2); // the third has an intact header
    readAll(data);
    assertThat(quarantine.entries()).hasSize(3);
    assertThat(quarantine.entries().get(0))
        .isEqualTo(new Quarantine.Entry("" + folder.resolve("cat/00.png"), "is empty."));
    List<String> rows = quarantine.toCsv(data.images()::path).lines().toList();
    assertThat(rows).hasSize(4).first().isEqualTo("path,reason");
    assertThat(rows.get(1)).isEqualTo(folder.resolve("cat/00.png") + ",is empty.");
    assertThat(rows.get(3)).startsWith(folder.resolve("dog/02.png") + ",").endsWith(".");
    assertThat(data.support()).containsExactly(6, 7);
    assertThat(data.images().read(1, 0)).isEmpty();

    assertThat(data.images().readable()).hasSize(13).doesNotContain(0, 1, 10);
    assertThat(SplitTest.together(split(data))).hasSize(13).doesNotContain(0, 1, 10);
  }

  @Test
  void tooManyUnreadableImagesAreRefusedInASentenceThatNamesMaxBad() throws IOException {
    pets(5);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    cutOff(folder.resolve("dog/00.png"));

    String empty = folder.resolve("cat/00.png") + " is empty.";
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> open(0.09))
        .withMessage(
            "1 of 10 images can't be read, more than max-bad allows (0.09 of them). "
                + empty
                + " Repair or remove them, or raise max-bad.");
    DataSet data = open(0.1);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(
            () -> {
              readAll(data);
              data.images().quarantine().check();
            })
        .withMessageStartingWith(
            "2 of 10 images can't be read, more than max-bad allows (0.1 of them)")
        .withMessageContaining(empty);
    DataSet more = open(0.2);
    readAll(more);
    more.images().quarantine().check();
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void fileNamesAreUnchangedInTheListOfUnreadableImages() throws IOException {
    pets(3);
    Files.write(folder.resolve("dog/\u0007.png"), new byte[0]);

    ImageSet images = open(0.5).images();
    assertThat(images.quarantine().toCsv(images::path)).contains("dog/\u0007.png,is empty.");
  }

  /** Its features would be cached under the hash of the old content, and later used for that. */
  @Test
  void anImageThatIsOverwrittenAfterItsListingIsNotRead() throws IOException {
    pets(3);
    Path cat = folder.resolve("cat/01.png");
    byte[] before = Files.readAllBytes(cat);
    DataSet data = open(0.5);
    ImageMaker.write(cat, 99);

    assertThat(data.images().read(1, 0)).isEmpty();
    assertThat(data.images().quarantine().entries())
        .containsExactly(
            new Quarantine.Entry(cat.toString(), "was changed while it was in use; start again."));
    assertThat(data.images().read(0, 0)).isPresent();

    Files.write(cat, before);
    assertThat(open(0.5).images().read(1, 0)).isPresent();
  }

  @Test
  void severalReductionsOfAnImageEqualThoseReadOneByOne() throws IOException {
    ImageMaker.write(folder.resolve("cat/1.png"), 1, 200);
    ImageMaker.write(folder.resolve("dog/1.png"), 2, 200);
    ImageSet images = open(0).images();

    List<RgbImage> read = images.read(0, new int[] {100, 0, 64}).orElseThrow();

    assertThat(read).extracting(RgbImage::width).containsExactly(100, 200, 67);
    assertThat(read.get(0)).isEqualTo(images.read(0, 100).orElseThrow());
    assertThat(read.get(2)).isEqualTo(images.read(0, 64).orElseThrow());
  }

  // Duplicates.

  @Test
  void anImageInTrainAndTestCountsOnlyInTheTestAndIsNoted() throws IOException {
    for (String label : List.of("cat", "dog")) {
      ImageMaker.write(folder.resolve("train").resolve(label), label.equals("cat") ? 0 : 50, 5, 16);
      ImageMaker.write(folder.resolve("test").resolve(label), label.equals("cat") ? 20 : 70, 2, 16);
    }
    ImageMaker.write(folder.resolve("train/cat/copy.png"), 20);

    DataSet data = open(0);
    assertThat(places(data, data.indices(Optional.of(Part.TEST))))
        .containsExactly(
            "test/cat/00.png",
            "test/cat/01.png",
            "test/dog/00.png",
            "test/dog/01.png",
            "train/cat/copy.png");
    assertThat(data.indices(Optional.of(Part.TRAIN))).hasSize(10);
    assertThat(data.notes()).contains(Note.of(Note.Kind.MOVED, folder, 1, 15));
  }

  @Test
  void aCopyOfATestImageWithoutASplitIsNotTrainedOn() throws IOException {
    pets(4);
    ImageMaker.write(folder.resolve("cat/copy.png"), 0);
    ImageMaker.write(folder.resolve("cat/other.png"), 1);
    Path manifest =
        Files.writeString(
            folder.resolve("images.csv"),
            """
            path,label,split
            cat/00.png,cat,test
            cat/copy.png,cat,
            cat/01.png,cat,train
            cat/other.png,cat,
            cat/02.png,cat,
            dog/00.png,dog,test
            dog/01.png,dog,
            """);

    DataSet data = ImageFolder.open(manifest, 0, ReadingRules.DEFAULT, Progress.Display.NONE);

    assertThat(places(data, data.indices(Optional.of(Part.TEST))))
        .containsExactly("cat/00.png", "cat/copy.png", "dog/00.png");
    assertThat(places(data, data.indices(Optional.empty())))
        .containsExactly("cat/02.png", "cat/other.png", "dog/01.png");
    assertThat(data.notes()).contains(Note.of(Note.Kind.MOVED, manifest, 1, 7));
  }

  // Names and files of the user.

  @Test
  void namesMayHoldBlanksQuotesAnyScriptAndMoreThan255Characters() throws IOException {
    String deep = "a long name of a folder/".repeat(14);
    List<String> names =
        List.of(
            "cat/a b.png",
            "cat/it's a \"cat\", no.png",
            "cat/写真.png",
            "cat/😀.png",
            "cat/" + deep + "deep.png",
            "犬 dog/1.png",
            "犬 dog/2.png",
            "犬 dog/3.png");
    for (int i = 0; i < names.size(); i++) {
      ImageMaker.write(folder.resolve(names.get(i)), i);
    }
    DataSet data = open(0);
    assertThat(data.classes()).containsExactly("cat", "犬 dog");
    assertThat(places(data, IntStream.range(0, data.images().size()).toArray()))
        .containsExactlyInAnyOrderElementsOf(names);
    Split split = split(data);
    assertThat(SplitTest.together(split)).hasSize(8);
    checkRoundTrip(data, split);
  }

  @Test
  void theManifestOfASplitGivesTheSamePartsAgain() throws IOException {
    pets(10);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    DataSet data = open(0.5);
    checkRoundTrip(data, split(data));
  }

  private void checkRoundTrip(DataSet data, Split split) throws IOException {
    Path manifest = temporary.resolve("split.csv");
    Files.writeString(manifest, SplitCsv.of(data.images(), split).collect(Collectors.joining()));
    Map<Path, String> expected = new TreeMap<>();
    put(expected, data, split.train(), "TRAIN");
    put(expected, data, split.validation(), "VALIDATION");
    put(expected, data, split.test(), "TEST");
    Map<Path, String> read = new TreeMap<>();
    Listing.of(manifest)
        .files()
        .forEach(file -> read.put(file.path(), file.label() + " " + file.part().orElseThrow()));
    assertThat(read).isEqualTo(expected);
  }

  private static void put(Map<Path, String> into, DataSet data, int[] indices, String part) {
    for (int i : indices) {
      into.put(
          Path.of(data.images().place(i)).toAbsolutePath(),
          data.classes().get(data.images().label(i)) + " " + part);
    }
  }

  @Test
  void nothingInAFolderChangesAndItMayBeReadOnly() throws IOException {
    pets(4);
    cutOff(folder.resolve("dog/02.png"));
    Map<String, String> before = state();
    List<Path> folders = List.of(folder.resolve("cat"), folder.resolve("dog"), folder);
    for (Path each : folders) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("r-xr-xr-x"));
    }
    try {
      DataSet data = open(0.5);
      readAll(data);
      assertThat(SplitTest.together(split(data))).hasSize(7);
      assertThat(data.images().read(0, 0)).isPresent();
    } finally {
      for (Path each : folders) {
        Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    assertThat(state()).isEqualTo(before);
  }

  /** Returns the sizes and times of all files and folders, by name. */
  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        state.put(
            folder.relativize(file).toString(),
            Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
    }
    return state;
  }

  /** Writes this many cats and as many dogs, all different. */
  private void pets(int count) throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, count, 16);
    ImageMaker.write(folder.resolve("dog"), 50, count, 16);
  }

  private static void cutOff(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  private DataSet open(double maxBad) {
    return ImageFolder.open(folder, maxBad, ReadingRules.DEFAULT, Progress.Display.NONE);
  }

  private static void readAll(DataSet data) {
    for (int i : data.images().readable().toArray()) {
      data.images().read(i, 0);
    }
  }

  private static Split split(DataSet data) {
    int[] labels = data.labels();
    int[] groups = IntStream.range(0, data.images().size()).toArray();
    return Split.of(
        data,
        groups,
        (candidates, fraction) ->
            StratifiedSampler.stratified(candidates, labels, groups, fraction, 1),
        0.2,
        0.2,
        1);
  }

  private List<String> places(DataSet data, int[] indices) {
    return IntStream.of(indices)
        .mapToObj(i -> folder.relativize(Path.of(data.images().place(i))).toString())
        .map(path -> path.replace('\\', '/'))
        .toList();
  }
}
