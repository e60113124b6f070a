package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of the sample's 5,000 images, 1,000 are test images and 400 become validation images. */
class SpeedProbeTest {
  @ParameterizedTest
  @CsvSource({
    "false, false, 0, 1",
    "true, false, 0, 1 0.8",
    "false, true, 0, 1 0.28",
    "true, true, 0, 1 1",
    "false, true, 2, 1 0.28 0.8 0.8"
  })
  void featuresOfAViewAreThoseOfTheImagesThatUseIt(
      String mirror, String average, String crops, String shares) throws IOException {
    Recipe recipe =
        RecipeReader.read(
            null,
            Map.of(
                "data", "cifar10-sample",
                "mirror", mirror,
                "average-mirror", average,
                "crops", crops));
    SpeedProbe probe = new SpeedProbe(() -> DataSets.open(recipe, new RunEvents() {}), recipe);
    String[] expected = shares.split(" ");
    assertThat(probe.shares(recipe)).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(probe.shares(recipe)[i]).isEqualTo(Double.parseDouble(expected[i]));
    }
  }
}
