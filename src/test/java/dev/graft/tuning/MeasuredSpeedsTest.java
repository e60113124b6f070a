package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.MeasuredSpeeds.Speed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasuredSpeedsTest {
  private final MeasuredSpeeds speeds = new MeasuredSpeeds();
  private final List<String> measured = new ArrayList<>();

  private static Recipe recipe(int side) {
    return RecipeReader.with(RecipeReader.defaults(), Map.of("input-size", Integer.toString(side)));
  }

  private Speed of(Recipe recipe, boolean trained) throws IOException {
    int side = recipe.input().size().value();
    return speeds.of(
        recipe,
        feature -> trained,
        new MeasuredSpeeds.Measurement() {
          @Override
          public double feature() {
            measured.add("features at " + side);
            return side;
          }

          @Override
          public double trained() {
            measured.add("training at " + side);
            return 2.0 * side;
          }
        });
  }

  @Test
  void trainingThatWasNotMeasuredForAHopelessPlanIsMeasuredForTheNext() throws IOException {
    assertThat(of(recipe(96), false)).isEqualTo(new Speed(96, 0));
    assertThat(of(recipe(96), true)).isEqualTo(new Speed(96, 192));
    assertThat(of(recipe(96), true)).isEqualTo(new Speed(96, 192));
    assertThat(measured).containsExactly("features at 96", "training at 96");
  }

  @Test
  void anotherSideOrPrecisionIsMeasuredByItself() throws IOException {
    assertThat(of(recipe(224), true)).isEqualTo(new Speed(224, 448));
    assertThat(of(recipe(96), true)).isEqualTo(new Speed(96, 192));
    of(RecipeReader.with(recipe(96), Map.of("precision", "int8")), false);
    assertThat(measured).endsWith("features at 96").hasSize(5);
  }
}
