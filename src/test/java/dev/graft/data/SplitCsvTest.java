package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test images of a run are found again whatever else has changed. */
class SplitCsvTest {
  @TempDir private Path temporary;
  private Path pets;
  private Path csv;

  /** Cats are 0 to 5 and dogs 6 to 11; a third of each is for the test. */
  @BeforeEach
  void split() throws IOException {
    pets = temporary.resolve("pets");
    ImageMaker.write(pets.resolve("cat"), 0, 6, 16);
    ImageMaker.write(pets.resolve("dog"), 50, 6, 16);
    csv = temporary.resolve("split.csv");
    Split split =
        new Split(new int[] {0, 1, 2, 6, 7, 8, 9}, new int[] {3, 10}, new int[] {4, 5, 11});
    Files.writeString(
        csv, SplitCsv.of(ImageMaker.open(pets).images(), split).collect(Collectors.joining()));
  }

  private List<String> test() {
    DataSet data = ImageMaker.open(pets);
    SplitCsv.Located test = SplitCsv.find(csv, data, Part.TEST, OptionalInt.empty());
    return Arrays.stream(test.indices()).mapToObj(data.images()::place).toList();
  }

  private String path(String name) {
    return pets.resolve(name).toString();
  }

  private String row(String name, String labelAndSplit) throws IOException {
    return path(name)
        + ","
        + labelAndSplit
        + ","
        + Hash.Algorithm.SHA256.of(pets.resolve(name)).hex();
  }

  @Test
  void itIsAManifestWithARowPerImage() throws IOException {
    assertThat(Files.readAllLines(csv))
        .hasSize(13)
        .startsWith("path,label,split,sha256", row("cat/00.png", "cat,train"))
        .contains(row("dog/04.png", "dog,validation"))
        .endsWith(row("dog/05.png", "dog,test"));
  }

  @Test
  void itsPathsDoNotDependOnHowTheDataIsNamed() throws IOException {
    String direct = Files.readString(csv);
    Path manifest = temporary.resolve("other.csv");
    Files.writeString(manifest, direct.replace(pets + "/", "./pets/../pets/"));
    for (Path data : List.of(manifest, pets.resolve("./../pets"))) {
      DataSet found = ImageFolder.open(data, 0, ReadingRules.DEFAULT, Progress.Display.NONE);
      assertThat(found.images().path(11)).isEqualTo(path("dog/05.png"));
      Split split =
          new Split(new int[] {0, 1, 2, 6, 7, 8, 9}, new int[] {3, 10}, new int[] {4, 5, 11});
      assertThat(SplitCsv.of(found.images(), split).collect(Collectors.joining()))
          .isEqualTo(direct);
    }
  }

  @Test
  void theTestImagesAreThoseOfTheFile() {
    assertThat(test()).containsExactly(path("cat/04.png"), path("cat/05.png"), path("dog/05.png"));
  }

  @Test
  void addedAndRemovedImagesChangeNothing() throws IOException {
    ImageMaker.write(pets.resolve("ape"), 80, 3, 16);
    ImageMaker.write(pets.resolve("cat/0.png"), 90);
    Files.delete(pets.resolve("cat/02.png"));
    Files.write(pets.resolve("dog/04.png"), new byte[0]);

    assertThat(test()).containsExactly(path("cat/04.png"), path("cat/05.png"), path("dog/05.png"));
  }

  @Test
  void missingUnreadableAndRelabeledImagesAreLost() throws IOException {
    Files.delete(pets.resolve("cat/04.png"));
    Files.write(pets.resolve("dog/05.png"), new byte[0]);

    SplitCsv.Located test =
        SplitCsv.find(csv, ImageMaker.open(pets), Part.TEST, OptionalInt.empty());
    assertThat(test.indices()).containsExactly(4);
    assertThat(test.lost()).containsExactly(pets.resolve("cat/04.png"), pets.resolve("dog/05.png"));

    Path relabeled = temporary.resolve("relabeled.csv");
    Files.writeString(
        relabeled, "path,label\npets/cat/05.png,dog\npets/cat/00.png,cat\npets/cat/01.png,cat\n");
    DataSet other = ImageFolder.open(relabeled, 0, ReadingRules.DEFAULT, Progress.Display.NONE);
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SplitCsv.find(csv, other, Part.TEST, OptionalInt.empty()))
        .withMessage(
            "None of the 3 test images that "
                + csv
                + " names exists, is readable and is unchanged; name other images.");
  }

  @Test
  void aRenamedImageIsFoundByItsContentAndTheFileWithItsOldNameIsNot() throws IOException {
    Files.move(pets.resolve("cat/04.png"), temporary.resolve("test.png"));
    Files.move(pets.resolve("cat/00.png"), pets.resolve("cat/04.png")); // a training image
    Files.move(temporary.resolve("test.png"), pets.resolve("cat/00.png"));

    assertThat(test()).containsExactly(path("cat/00.png"), path("cat/05.png"), path("dog/05.png"));
  }

  @Test
  void aChangedImageIsLostUnlessOnlyAnEarlierVersionWroteTheFile() throws IOException {
    ImageMaker.write(pets.resolve("cat/04.png"), 99);
    Files.move(pets.resolve("dog/05.png"), pets.resolve("cat/06.png")); // another class

    SplitCsv.Located test =
        SplitCsv.find(csv, ImageMaker.open(pets), Part.TEST, OptionalInt.empty());
    assertThat(test.indices()).containsExactly(5);
    assertThat(test.lost()).containsExactly(pets.resolve("cat/04.png"), pets.resolve("dog/05.png"));

    Files.writeString(csv, Files.readString(csv).replaceAll(",[^,\n]*\n", "\n"));
    assertThat(test()).containsExactly(path("cat/04.png"), path("cat/05.png"));
  }

  @Test
  void aFileThatIsCutOrEmptyIsRefused() throws IOException {
    String whole = Files.readString(csv);
    DataSet data = ImageMaker.open(pets);
    Files.writeString(
        csv, whole.substring(0, whole.indexOf(pets.resolve("dog/05.png").toString())));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SplitCsv.find(csv, data, Part.TEST, OptionalInt.of(3)))
        .withMessage(
            csv
                + " is damaged: it names 2 of the run's 3 test images; put it back, or name other"
                + " images.");
    assertThat(SplitCsv.find(csv, data, Part.TRAIN, OptionalInt.of(7)).indices()).hasSize(7);
    Files.writeString(csv, "");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SplitCsv.find(csv, data, Part.TEST, OptionalInt.empty()))
        .withMessageStartingWith(csv + " is damaged: it names 0 of the run's test images; ");
  }

  @Test
  void twoCopiesStayTwoImages() throws IOException {
    Files.copy(pets.resolve("cat/05.png"), pets.resolve("cat/06.png"));
    Split split = new Split(new int[] {0, 1}, new int[] {2}, new int[] {5, 6, 8});
    Files.writeString(
        csv, SplitCsv.of(ImageMaker.open(pets).images(), split).collect(Collectors.joining()));
    Files.move(pets.resolve("cat/05.png"), pets.resolve("cat/9.png"));

    assertThat(test()).containsExactly(path("cat/9.png"), path("cat/06.png"), path("dog/01.png"));
  }

  @Test
  void theContentsOfAPartAreListedAlsoFromAFileWithoutHashesAndDamageIsNamed() throws IOException {
    List<String> validation = new ArrayList<>();
    for (String name : List.of("cat/03.png", "dog/04.png")) {
      validation.add(Hash.Algorithm.SHA256.of(pets.resolve(name)).hex());
    }
    assertThat(SplitCsv.hashes(csv, Part.VALIDATION))
        .containsExactlyInAnyOrderElementsOf(validation);

    String whole = Files.readString(csv);
    Files.writeString(csv, whole.replaceAll(",[^,\n]*\n", "\n"));
    Files.delete(pets.resolve("dog/04.png"));
    assertThat(SplitCsv.hashes(csv, Part.VALIDATION)).containsExactly(validation.get(0));

    Files.writeString(csv, whole.substring(0, whole.lastIndexOf(",dog")) + "\n");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SplitCsv.hashes(csv, Part.TEST))
        .withMessageStartingWith(csv + ", line 13, has 1 field, but its first line has 4");
  }
}
