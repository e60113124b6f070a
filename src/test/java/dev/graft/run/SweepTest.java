package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SweepTest {
  private static final Recipe PHOTOS = RecipeReader.read(null, Map.of("data", "photos"));

  private static boolean mixes(String grid, int images) {
    return Sweep.mixesSolvers(PHOTOS, Grid.of(List.of(grid)).combinations(), images);
  }

  @Test
  void aGridAroundTheDefaultsMixesSolversForFewImagesOnly() {
    // 0.5 is the default, so its head is convex; the others' are trained by gradients.
    assertThat(mixes("head.dropout=0,0.3,0.5", 1_000)).isTrue();
    assertThat(mixes("head.dropout=0,0.3,0.5", 10_000)).isFalse();
    assertThat(mixes("head.dropout=0,0.3", 1_000)).isFalse();
    assertThat(mixes("class-weights=none,balanced", 1_000)).isFalse();
    // A convex head's figures are those of images alone.
    assertThat(mixes("average-mirror=true,false", 1_000)).isTrue();
    assertThat(mixes("average-mirror=true,false", 10_000)).isFalse();
  }
}
