package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimedRunEpochsTest {
  @ParameterizedTest
  @CsvSource({"0, 7, 7", "0, 0, 1", "0, -3, 1", "0.3, 1, 1", "1, 1, 2", "2.5, 1, 3", "2, 7, 7"})
  void atLeastOneEpochFollowsTheWarmUp(String warmup, int fitting, int epochs) {
    Recipe recipe = RecipeReader.with(RecipeReader.defaults(), Map.of("warmup-epochs", warmup));
    assertThat(TimedRun.withEpochs(recipe, fitting).training().epochs()).isEqualTo(epochs);
  }
}
