package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.Console;
import dev.graft.GraftException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Folders of one's own pictures: what is read of them, what is not, and what is found in them. */
class ImageFolderTest {
  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void folder() {
    folder = temporary.resolve("pets");
  }

  // What can't be read.

  @Test
  void whatCannotBeReadIsInQuarantineWithItsReasonAndInNoPart() throws IOException {
    pets(8);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    Files.writeString(folder.resolve("cat/01.png"), "no picture");
    cutOff(folder.resolve("dog/02.png"));

    try (FingerprintLog log = log()) {
      DataSet data = open(0.5, log);
      Quarantine quarantine = data.pictures().quarantine();
      assertThat(quarantine.size()).isEqualTo(2); // the third has a good head
      Survey survey = Survey.thorough(data, Console.silent());
      assertThat(quarantine.size()).isEqualTo(3);
      assertThat(quarantine.lines())
          .startsWith(
              "Quarantine: 3 of 16 pictures can't be read and are left out:",
              "  " + folder.resolve("cat/00.png") + " is empty.")
          .hasSize(4);
      List<String> rows = quarantine.toCsv().lines().toList();
      assertThat(rows).hasSize(4).first().isEqualTo("path,reason");
      assertThat(rows.get(1)).isEqualTo(folder.resolve("cat/00.png") + ",is empty.");
      assertThat(rows.get(3)).startsWith(folder.resolve("dog/02.png") + ",").endsWith(".");
      assertThat(data.support()).containsExactly(6, 7);
      assertThat(data.pictures().read(1, 0)).isEmpty();

      Split split = split(data, survey);
      assertThat(all(split)).hasSize(13).doesNotContain(0, 1, 10);
    }
  }

  @Test
  void tooMuchThatCannotBeReadIsASentenceThatNamesMaxBad() throws IOException {
    pets(5);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    cutOff(folder.resolve("dog/00.png"));

    try (FingerprintLog log = log()) {
      String empty = folder.resolve("cat/00.png") + " is empty.";
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> open(0.09, log))
          .withMessage(
              "1 of 10 pictures can't be read, more than max-bad allows (0.09 of them); repair or"
                  + " remove them, or raise it: --set max-bad=0.5. "
                  + empty);
      DataSet data = open(0.1, log);
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> Survey.thorough(data, Console.silent()))
          .withMessageStartingWith(
              "2 of 10 pictures can't be read, more than max-bad allows (0.1 of them)")
          .withMessageContaining(empty);
      Survey.thorough(open(0.2, log), Console.silent());
    }
  }

  /** Two pictures, one of them twice, and a file that is none: too few, were they kept together. */
  @Test
  void inAClassOfFewPicturesTheNearlyIdenticalAreNotKeptTogether() throws IOException {
    PictureMaker.write(folder.resolve("dog"), 50, 4, 32);
    PictureMaker.write(folder.resolve("cat/other.png"), 1, 32);
    PictureMaker.write(folder.resolve("cat/one.png"), 0, 32);
    Path near = PictureMaker.write(folder.resolve("cat/two.png"), 0, 32);
    BufferedImage picture = ImageIO.read(near.toFile());
    picture.setRGB(1, 1, picture.getRGB(1, 1) ^ 0x030303);
    ImageIO.write(picture, "png", near.toFile());
    Files.write(folder.resolve("cat/zero.png"), new byte[0]);

    try (FingerprintLog log = log()) {
      Survey survey = Survey.thorough(open(0.5, log), Console.silent());
      assertThat(survey.near()).hasSize(1);
      int[] groups = survey.groups();
      assertThat(Arrays.stream(groups).distinct().count()).isEqualTo(groups.length);
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void whatAFileNameCommandsTerminalsToDoIsNotPrinted() throws IOException {
    pets(3);
    Files.copy(folder.resolve("cat/00.png"), folder.resolve("cat/\u001b[2J.png"));
    Files.write(folder.resolve("dog/\u0007.png"), new byte[0]);

    try (FingerprintLog log = log()) {
      DataSet data = open(0.5, log);
      Survey survey = Survey.thorough(data, Console.silent());
      assertThat(survey.identicalLines()).last().asString().contains("cat/?[2J.png (cat)");
      assertThat(data.pictures().quarantine().lines())
          .last()
          .isEqualTo("  " + folder.resolve("dog") + "/?.png is empty.");
      assertThat(data.pictures().quarantine().toCsv()).contains("dog/\u0007.png,is empty.");
    }
  }

  // What is there more than once.

  @Test
  void aPictureInTrainAndTestCountsInTheTestOnlyAndThatIsSaid() throws IOException {
    for (String label : List.of("cat", "dog")) {
      PictureMaker.write(
          folder.resolve("train").resolve(label), label.equals("cat") ? 0 : 50, 5, 16);
      PictureMaker.write(
          folder.resolve("test").resolve(label), label.equals("cat") ? 20 : 70, 2, 16);
    }
    PictureMaker.write(folder.resolve("train/cat/copy.png"), 20);

    try (FingerprintLog log = log()) {
      DataSet data = open(0, log);
      assertThat(places(data, data.indices(Optional.of(Part.TEST))))
          .containsExactly(
              "test/cat/00.png",
              "test/cat/01.png",
              "test/dog/00.png",
              "test/dog/01.png",
              "train/cat/copy.png");
      assertThat(data.indices(Optional.of(Part.TRAIN))).hasSize(10);
      assertThat(data.notes())
          .contains(
              "1 picture moved to the part farther from training (validation, test) that has the"
                  + " same content, so that nothing is tested on what was learnt.");
      assertThat(Survey.thorough(data, Console.silent()).leaks()).isEmpty();
    }
  }

  @Test
  void conflictsLeaksAndImbalanceAreFoundAndSaid() throws IOException {
    PictureMaker.write(folder.resolve("train/cat"), 0, 9, 32);
    PictureMaker.write(folder.resolve("train/dog"), 50, 3, 32);
    PictureMaker.write(folder.resolve("train/dog/conflict.png"), 0, 32);
    PictureMaker.write(folder.resolve("test/cat/leak.png"), 8, 40);
    PictureMaker.write(folder.resolve("test/dog/other.png"), 99, 32);

    try (FingerprintLog log = log()) {
      DataSet data = open(0, log);
      Survey survey = Survey.thorough(data, Console.silent());
      assertThat(survey.identical()).hasSize(1);
      assertThat(survey.conflicts()).hasSize(1);
      assertThat(survey.near()).hasSize(1);
      assertThat(survey.leaks()).hasSize(1);
      assertThat(survey.imbalance()).isEqualTo(2);
      assertThat(survey.isImbalanced()).isTrue();
      assertThat(survey.classLines())
          .contains(
              "Classes: cat 10, dog 5",
              "Imbalanced: the largest class has 2.0 times the pictures of the smallest.",
              "Sizes: the shorter side is 32 to 40 pixels, 32 in the middle");
      assertThat(survey.identicalLines())
          .contains(
              "Duplicates, CONFLICT, identical pictures with different labels: 1 group, 2 pictures"
                  + " in all",
              String.format(
                  Locale.ROOT,
                  "  %s (cat, train), %s (dog, train)",
                  folder.resolve("train/cat/00.png"),
                  folder.resolve("train/dog/conflict.png")));
      assertThat(survey.nearLines())
          .contains(
              "Duplicates, LEAK, the same or nearly the same pictures in different parts: 1 group,"
                  + " 2 pictures in all");
      int[] groups = survey.groups();
      assertThat(Arrays.stream(groups).distinct().count()).isEqualTo(groups.length - 2);
      assertThat(survey.smallerThan(40)).isEqualTo(14);
    }
  }

  @Test
  void whereNothingIsThereTwiceThatIsSaid() throws IOException {
    pets(3);
    try (FingerprintLog log = log()) {
      Survey survey = Survey.thorough(open(0, log), Console.silent());
      assertThat(survey.identicalLines()).containsExactly("Duplicates: no identical pictures");
      assertThat(survey.nearLines()).containsExactly("Duplicates: no near-duplicates");
      assertThat(survey.isImbalanced()).isFalse();
      assertThat(Arrays.stream(survey.groups()).distinct().count()).isEqualTo(6);
    }
  }

  @Test
  void picturesOfAFixedCameraAreNotKeptTogetherButTheIdenticalAmongThemAre() throws IOException {
    PictureMaker.write(folder.resolve("dog"), 50, 10, 32);
    for (int i = 0; i < 10; i++) {
      Path file =
          PictureMaker.write(folder.resolve(String.format(Locale.ROOT, "cat/%02d.png", i)), 0, 32);
      BufferedImage picture = ImageIO.read(file.toFile());
      picture.setRGB(1 + i, 1, picture.getRGB(1 + i, 1) ^ 0x030303);
      ImageIO.write(picture, "png", file.toFile());
    }
    Files.copy(folder.resolve("cat/03.png"), folder.resolve("cat/10.png"));

    try (FingerprintLog log = log()) {
      Survey survey = Survey.thorough(open(0, log), Console.silent());
      assertThat(survey.near()).hasSize(1);
      assertThat(survey.near().get(0)).hasSize(11);
      assertThat(survey.nearLines())
          .last()
          .asString()
          .startsWith("  11 of the near-duplicates are a great part of their class,")
          .endsWith("they are not kept together.");
      int[] groups = survey.groups();
      assertThat(groups[3]).isEqualTo(groups[10]);
      assertThat(Arrays.stream(groups).distinct().count()).isEqualTo(20);
    }
  }

  // The user's own.

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
      PictureMaker.write(folder.resolve(names.get(i)), i);
    }
    try (FingerprintLog log = log()) {
      DataSet data = open(0, log);
      assertThat(data.classes()).containsExactly("cat", "犬 dog");
      assertThat(places(data, IntStream.range(0, data.pictures().size()).toArray()))
          .containsExactlyInAnyOrderElementsOf(names);
      Split split = split(data, Survey.thorough(data, Console.silent()));
      assertThat(all(split)).hasSize(8);
      checkRoundTrip(data, split);
    }
  }

  @Test
  void theManifestOfASplitGivesTheSamePartsAgain() throws IOException {
    pets(10);
    Files.write(folder.resolve("cat/00.png"), new byte[0]);
    try (FingerprintLog log = log()) {
      DataSet data = open(0.5, log);
      checkRoundTrip(data, split(data, Survey.thorough(data, Console.silent())));
    }
  }

  private void checkRoundTrip(DataSet data, Split split) throws IOException {
    Path manifest = temporary.resolve("split.csv");
    Files.writeString(manifest, ((ImageFolder) data.pictures()).manifest(split));
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
          Path.of(data.pictures().place(i)).toAbsolutePath(),
          data.classes().get(data.pictures().label(i)) + " " + part);
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
    try (FingerprintLog log = log()) {
      DataSet data = open(0.5, log);
      Survey survey = Survey.thorough(data, Console.silent());
      assertThat(all(split(data, survey))).hasSize(7);
      assertThat(data.pictures().read(0, 0)).isPresent();
    } finally {
      for (Path each : folders) {
        Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    assertThat(state()).isEqualTo(before);
  }

  /** Sizes and times of all files and folders, by name. */
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

  // Fingerprints.

  @Test
  void aPictureThatWasReadInFullOnceIsNotReadAgainToBeCompared() throws IOException {
    pets(4);
    List<Optional<Fingerprint>> first;
    try (FingerprintLog log = log()) {
      DataSet data = open(0, log);
      Survey.thorough(data, Console.silent());
      first = fingerprints(data);
    }
    assertThat(first).hasSize(8).doesNotContain(Optional.empty()).doesNotHaveDuplicates();

    try (FingerprintLog log = log();
        FingerprintLog none = new FingerprintLog(temporary.resolve("none"))) {
      DataSet known = open(0.999, log);
      DataSet unknown = open(0.999, none);
      for (int i = 0; i < 4; i++) {
        cutOff(folder.resolve("cat/0" + i + ".png")); // after the content's hash was taken
      }
      Survey.thorough(known, Console.silent());
      assertThat(fingerprints(known)).isEqualTo(first);
      assertThat(known.pictures().quarantine().size()).isZero();
      Survey.thorough(unknown, Console.silent());
      assertThat(unknown.pictures().quarantine().size()).isEqualTo(4);
    }
  }

  private static List<Optional<Fingerprint>> fingerprints(DataSet data) {
    return IntStream.range(0, data.pictures().size())
        .mapToObj(data.pictures()::fingerprint)
        .toList();
  }

  /** So many cats and as many dogs, all different. */
  private void pets(int count) throws IOException {
    PictureMaker.write(folder.resolve("cat"), 0, count, 16);
    PictureMaker.write(folder.resolve("dog"), 50, count, 16);
  }

  private static void cutOff(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  private FingerprintLog log() throws IOException {
    return new FingerprintLog(temporary.resolve("log"));
  }

  private DataSet open(double maxBad, FingerprintLog log) {
    return ImageFolder.open(folder, maxBad, log, Console.silent());
  }

  private static Split split(DataSet data, Survey survey) {
    int[] labels = data.labels();
    int[] groups = survey.groups();
    return Split.of(
        data,
        groups,
        (candidates, fraction) -> Split.stratified(candidates, labels, groups, fraction, 1),
        0.2,
        0.2,
        1);
  }

  private static int[] all(Split split) {
    return Stream.of(split.train(), split.validation(), split.test())
        .flatMapToInt(IntStream::of)
        .sorted()
        .toArray();
  }

  private List<String> places(DataSet data, int[] indices) {
    return IntStream.of(indices)
        .mapToObj(i -> folder.relativize(Path.of(data.pictures().place(i))).toString())
        .map(path -> path.replace('\\', '/'))
        .toList();
  }
}
