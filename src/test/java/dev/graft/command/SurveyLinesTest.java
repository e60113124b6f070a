package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.DataSet;
import dev.graft.data.ImageMaker;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.util.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SurveyLinesTest {
  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void folder() {
    folder = temporary.resolve("pets");
  }

  private static List<String> quarantine(DataSet data) {
    return SurveyLines.quarantine(data.images().quarantine());
  }

  private Survey survey(DataSet data) throws IOException {
    try (Fingerprints fingerprints = new Fingerprints(temporary.resolve("log"))) {
      return Survey.thorough(data, fingerprints, Progress.Display.NONE);
    }
  }

  @Test
  void conflictsLeaksAndImbalanceArePrinted() throws IOException {
    ImageMaker.write(folder.resolve("train/cat"), 0, 9, 32);
    ImageMaker.write(folder.resolve("train/dog"), 50, 3, 32);
    ImageMaker.write(folder.resolve("train/dog/conflict.png"), 0, 32);
    ImageMaker.write(folder.resolve("test/cat/leak.png"), 8, 40);
    ImageMaker.write(folder.resolve("test/dog/other.png"), 99, 32);

    DataSet data = ImageMaker.open(folder);
    Survey survey = survey(data);
    assertThat(SurveyLines.classes(data))
        .contains(
            "Classes: cat 10, dog 5",
            "Imbalanced: the largest class has 2.3 times the training images of the smallest.",
            "Sizes: the shorter side is 32 to 40 pixels, median 32");
    assertThat(SurveyLines.identical(survey, ""))
        .contains(
            "Duplicates, CONFLICT, identical images with different labels: 1 group, 2 images",
            "  "
                + folder.resolve("train/cat/00.png")
                + " (cat, train), "
                + folder.resolve("train/dog/conflict.png")
                + " (dog, train)");
    assertThat(SurveyLines.near(survey, ""))
        .contains(
            "Duplicates, LEAK, identical or nearly identical images in different parts: 1 group,"
                + " 2 images");
    int[] groups = survey.groups();
    assertThat(Arrays.stream(groups).distinct().count()).isEqualTo(groups.length - 2);
    assertThat(data.sizes().smallerThan(40)).isEqualTo(14);
  }

  /** Equal numbers of training images are balanced, whatever the test set has. */
  @Test
  void imbalanceIsThatOfTheTrainingImages() throws IOException {
    ImageMaker.write(folder.resolve("train/cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("train/dog"), 50, 3, 16);
    ImageMaker.write(folder.resolve("test/cat"), 100, 9, 16);
    ImageMaker.write(folder.resolve("test/dog"), 150, 1, 16);

    assertThat(SurveyLines.classes(ImageMaker.open(folder)))
        .contains("Classes: cat 12, dog 4")
        .noneMatch(line -> line.startsWith("Imbalanced"));
  }

  @Test
  void eachGroupIsShownOnceAndTheOthersAreCounted() throws IOException {
    for (int i = 0; i < 8; i++) {
      ImageMaker.write(folder.resolve("cat/" + i + ".png"), i, 16);
      ImageMaker.write(folder.resolve((i == 0 ? "dog/" : "cat/") + i + "b.png"), i, 16);
    }
    ImageMaker.write(folder.resolve("dog"), 50, 5, 16);

    assertThat(SurveyLines.identical(survey(ImageMaker.open(folder)), " in duplicates.csv"))
        .hasSize(9)
        .startsWith("Duplicates, identical images: 7 groups, 14 images")
        .contains(
            "  2 more in duplicates.csv",
            "Duplicates, CONFLICT, identical images with different labels: 1 group, 2 images")
        .satisfiesOnlyOnce(line -> assertThat(line).contains("dog/0b.png"));
  }

  @Test
  void theAbsenceOfDuplicatesIsPrinted() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);

    DataSet data = ImageMaker.open(folder);
    Survey survey = survey(data);
    assertThat(SurveyLines.identical(survey, ""))
        .containsExactly("Duplicates: no identical images");
    assertThat(SurveyLines.near(survey, "")).containsExactly("Duplicates: no near-duplicates");
    assertThat(SurveyLines.classes(data))
        .containsExactly(
            "Classes: cat 3, dog 3", "Sizes: the shorter side is 16 pixels in all images");
    assertThat(quarantine(data)).isEmpty();
  }

  @Test
  void aClassWithoutReadableImagesIsNamedInsteadOfAnInfiniteImbalance() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);
    Files.createDirectory(folder.resolve("emu"));
    Files.write(folder.resolve("emu/0.png"), new byte[0]);

    assertThat(SurveyLines.classes(ImageMaker.open(folder)))
        .contains(
            "Classes: cat 3, dog 3, emu 0; without 1 unreadable image",
            "Imbalanced: no readable images of emu.");
  }

  @Test
  void imagesOfAFixedCameraAreNotKeptTogetherAndThatIsPrinted() throws IOException {
    ImageMaker.write(folder.resolve("dog"), 50, 10, 32);
    for (int i = 0; i < 10; i++) {
      Path file = ImageMaker.write(folder.resolve("cat/0" + i + ".png"), 0, 32);
      BufferedImage image = ImageIO.read(file.toFile());
      image.setRGB(1 + i, 1, image.getRGB(1 + i, 1) ^ 0x030303);
      ImageIO.write(image, "png", file.toFile());
    }
    assertThat(SurveyLines.near(survey(ImageMaker.open(folder)), ""))
        .last()
        .asString()
        .startsWith("  10 of the near-duplicates are a large share of their class,")
        .endsWith("a sampled split does not keep them in one part.");
  }

  @Test
  void upToFiveUnreadableImagesAreNamed() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 9, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);
    for (int i = 0; i < 7; i++) {
      Files.write(folder.resolve("cat/0" + i + ".png"), new byte[0]);
    }
    assertThat(quarantine(ImageMaker.open(folder)))
        .hasSize(7)
        .startsWith(
            "Quarantine: 7 of 12 images can't be read and are skipped:",
            "  " + folder.resolve("cat/00.png") + " is empty.")
        .endsWith("  … and 2 more");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void controlCharactersInFileNamesAreNotPrinted() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);
    Files.copy(folder.resolve("cat/00.png"), folder.resolve("cat/\u001b[2J.png"));
    Files.write(folder.resolve("dog/\u0007.png"), new byte[0]);

    DataSet data = ImageMaker.open(folder);
    assertThat(SurveyLines.identical(survey(data), ""))
        .last()
        .asString()
        .contains("cat/?[2J.png (cat)");
    assertThat(quarantine(data))
        .last()
        .isEqualTo("  " + folder.resolve("dog") + "/?.png is empty.");
  }
}
