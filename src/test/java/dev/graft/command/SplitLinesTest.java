package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.DataSet;
import dev.graft.data.ImageMaker;
import dev.graft.data.Split;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitLinesTest {
  @TempDir private Path folder;

  /** With three images per class, one is a third, whatever share is configured. */
  @Test
  void printedShareIsTheActualOne() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);
    DataSet data = ImageMaker.open(folder);

    assertThat(SplitLines.of(data, new Split(new int[] {0, 3}, new int[] {1, 4}, new int[] {2, 5})))
        .containsExactly(
            "Split: 2 images for training, 2 for validation, 2 for test (no test set given: 33 %"
                + " held out, stratified by class); 2 classes");
  }

  @Test
  void classesMissingFromAPartAreNamed() throws IOException {
    ImageMaker.write(folder.resolve("train/cat"), 0, 3, 16);
    ImageMaker.write(folder.resolve("train/dog"), 50, 3, 16);
    ImageMaker.write(folder.resolve("test/dog"), 70, 1, 16);
    DataSet data = ImageMaker.open(folder);

    assertThat(SplitLines.of(data, new Split(new int[] {1, 2, 3, 4}, new int[] {5}, new int[] {0})))
        .containsExactly(
            "Split: 4 images for training, 1 for validation, 1 for test; 2 classes",
            "Split: no validation images of \"cat\"; early stopping ignores them",
            "Split: no test images of \"cat\"; the figures do not cover them");
  }
}
