package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.ImageMaker;
import dev.graft.data.OwnOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command inspect with its output folder among the images. */
class InspectTest {
  @TempDir private Path photos;

  private CommandRun inspect(Path output) {
    return CommandRun.of("inspect", photos.toString(), "--output=" + output);
  }

  @Test
  void outputBesideATrainFolderIsNeverAClass() throws IOException {
    ImageMaker.write(Files.createDirectories(photos.resolve("train/cat")), 1, 3, 32);
    ImageMaker.write(Files.createDirectories(photos.resolve("train/dog")), 4, 3, 32);
    Path output = photos.resolve("output");

    CommandRun first = inspect(output);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(output.resolve("fingerprints")).isDirectory();
    assertThat(output.resolve(OwnOutput.MARKER)).exists();

    CommandRun second = inspect(output);
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.out())
        .isEqualTo("Ignored Graft's own output in \"" + photos + "\".\n" + first.out())
        .contains("Classes: cat 3, dog 3");
  }

  @Test
  void theFolderOfTheImagesMayBeTheOutputFolder() throws IOException {
    ImageMaker.write(Files.createDirectories(photos.resolve("cat")), 1, 3, 32);
    ImageMaker.write(Files.createDirectories(photos.resolve("dog")), 1, 3, 32); // copies

    assertThat(inspect(photos).out()).contains("Classes: cat 3, dog 3");
    assertThat(photos.resolve("inspections")).isDirectory();
    CommandRun second = inspect(photos);
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.out()).contains("Classes: cat 3, dog 3").doesNotContain("inspections");
  }

  @Test
  void classesThatAreTooSmallToBeTrainedAreNamedWithWhatToDo() throws IOException {
    ImageMaker.write(Files.createDirectories(photos.resolve("cat")), 1, 4, 32);
    ImageMaker.write(Files.createDirectories(photos.resolve("dog")), 50, 2, 32);
    Path output = photos.resolve("output");

    CommandRun inspected = inspect(output);
    assertThat(inspected.code()).isZero();
    String few =
        "every class needs 3 different readable images, for training and evaluation, but dog has 2;"
            + " add images, or leave such a class out.";
    assertThat(inspected.out()).contains("Warning: fine-tune refuses these images: " + few);
    CommandRun refused = CommandRun.of("fine-tune", "--data=" + photos, "--output=" + output);
    assertThat(refused.code()).isOne();
    assertThat(refused.err()).contains("data: " + few);

    ImageMaker.write(photos.resolve("dog"), 80, 3, 32);
    assertThat(inspect(output).out()).doesNotContain("fine-tune refuses");
  }

  @Test
  void anUndoNamesWhatItLeaves() throws IOException {
    Path undo = photos.resolve("undo.csv");
    Path back = photos.resolve("cat/0.png");
    Path gone = photos.resolve("dog/1.png");
    ImageMaker.write(Files.createDirectories(photos.resolve("cat")), 1, 1, 32);
    ImageMaker.write(Files.createDirectories(photos.resolve("dog")), 4, 1, 32);
    Path moved = Files.copy(photos.resolve("dog/00.png"), photos.resolve("dog/2.png"));
    Files.copy(photos.resolve("cat/00.png"), back);
    Files.writeString(
        undo,
        "from,to\n"
            + (photos.resolve("cat/1.png") + "," + gone + "\n")
            + (photos.resolve("cat/2.png") + "," + moved + "\n")
            + (back + "," + photos.resolve("dog/00.png") + "\n"));

    CommandRun undone =
        CommandRun.of(
            "inspect",
            photos.toString(),
            "--apply=" + undo,
            "--output=" + photos.resolve("output"));
    assertThat(undone.code()).as(undone.err()).isZero();
    assertThat(undone.out())
        .contains(
            "1 image moved. ",
            "1 image not moved back (gone): " + gone + "\n",
            "1 image not moved back (another file is in the place): " + back + "\n");
  }

  @Test
  void nothingIsWrittenForDataThatCannotBeRead() {
    Path output = photos.resolve("output");

    assertThat(inspect(output).code()).isOne();
    assertThat(output).doesNotExist();
  }
}
