package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.GraftException;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.Recipe.Solver;
import dev.graft.recipe.RecipeReader;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SolverChoiceTest {
  private static final Map<String, String> PHOTOS = Map.of("data", "photos");

  private static Recipe recipe(String key, String value) {
    return RecipeReader.with(RecipeReader.read(null, PHOTOS), Map.of(key, value));
  }

  @Test
  void fewImagesGetAConvexHeadAndManyDoNot() {
    Recipe recipe = RecipeReader.read(null, PHOTOS);
    assertThat(SolverChoice.of(recipe, 5_000))
        .isEqualTo(new SolverChoice(Solver.NEWTON, SolverChoice.Reason.FEW_IMAGES));
    assertThat(SolverChoice.of(recipe, 5_001))
        .isEqualTo(new SolverChoice(Solver.GRADIENT, SolverChoice.Reason.MANY_IMAGES));
    Recipe linear = recipe("head.hidden", "0");
    assertThat(SolverChoice.of(linear, 5_000))
        .isEqualTo(new SolverChoice(Solver.NEWTON, SolverChoice.Reason.LINEAR_HEAD));
    assertThat(SolverChoice.of(linear, 5_001))
        .isEqualTo(new SolverChoice(Solver.GRADIENT, SolverChoice.Reason.MANY_IMAGES));
  }

  @ParameterizedTest
  @CsvSource({
    "epsilon, 1e-7",
    "training-precision, bfloat16",
    "training-precision, float32",
    "mirror, true",
    "crops, 2",
    "mixup, 0.2",
    "ema-decay, 0.99",
    "epochs, 20"
  })
  void aSettingOfGradientTrainingChoosesGradientTraining(String key, String value) {
    assertThat(SolverChoice.of(recipe(key, value), 100))
        .isEqualTo(new SolverChoice(Solver.GRADIENT, SolverChoice.Reason.SETTINGS));
  }

  @ParameterizedTest
  @CsvSource({"mirror, true, mirror images", "crops, 1, random crops"})
  void aConvexHeadOnOtherViewsIsRefused(String key, String value, String views) {
    Recipe asked = RecipeReader.with(recipe(key, value), Map.of("head.solver", "newton"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> SolverChoice.of(asked, 100))
        .withMessageStartingWith(key + ": head.solver newton does not train on " + views);
  }
}
