package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.ImageMaker;
import dev.graft.data.Split;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetsTest {
  @TempDir private Path folder;

  private static Split split(DataSet data, Map<String, String> settings) {
    Recipe recipe = RecipeReader.read(null, settings);
    return DataSets.split(recipe, data, IntStream.range(0, data.images().size()).toArray());
  }

  /** The last tenth of the images has all dogs. */
  @Test
  void aSplitThatLeavesAClassWithoutTrainingImagesIsRefused() throws IOException {
    ImageMaker.write(folder.resolve("cat"), 0, 30, 16);
    ImageMaker.write(folder.resolve("dog"), 50, 3, 16);
    DataSet data = ImageMaker.open(folder);

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> split(data, Map.of("split", "last")))
        .withMessage(
            "split: \"last\" holds out every training image of \"dog\" for validation: set split to"
                + " stratified, which leaves some of each class.");

    Split stratified = split(data, Map.of());
    assertThat(Split.missing(data, stratified.train())).isEmpty();
    Split crossValidated = split(data, Map.of("split", "last", "head.solver", "newton"));
    assertThat(crossValidated.validation()).isEmpty();
    assertThat(Split.missing(data, crossValidated.train())).isEmpty();
  }
}
