package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of the sample's 5,000 images, 1,000 are test images and 400 become validation images. */
class SpeedProbeTest {
  @ParameterizedTest
  @CsvSource({
    "false, false, 0, 1.0",
    "true, false, 0, 1.0 0.8",
    "false, true, 0, 1.0 0.28",
    "true, true, 0, 1.0 1.0",
    "false, true, 2, 1.0 0.8 0.8 0.28"
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
    assertThat(DoubleStream.of(probe.shares(recipe)).mapToObj(String::valueOf))
        .containsExactly(shares.split(" ", -1));
  }
}
