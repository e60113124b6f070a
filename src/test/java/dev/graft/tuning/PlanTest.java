package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<Plan> ALL = Plan.all();

  private static Recipe recipe(String key, String value) {
    return RecipeReader.with(RecipeReader.defaults(), Map.of(key, value));
  }

  private static List<Plan> suitable(String key, String value) {
    return ALL.stream().filter(plan -> plan.suits(recipe(key, value), Set.of(key))).toList();
  }

  @Test
  void plansAreValidRecipesAndSortedByAccuracy() {
    assertThat(ALL).hasSizeGreaterThan(4);
    assertThat(ALL).isSortedAccordingTo(Comparator.comparingDouble(Plan::maxAccuracy).reversed());
    for (Plan plan : ALL) {
      Recipe recipe = plan.over(RecipeReader.defaults(), Set.of());
      RecipeResolver.checkNetwork(recipe);
      assertThat(List.copyOf(plan.accuracy().values())).as(plan.name()).isSorted();
      assertThat(plan.accuracy().values()).as(plan.name()).allMatch(each -> each > 0 && each < 1);
      assertThat(plan.source()).as(plan.name()).isNotBlank();
      assertThat(plan.recipe()).as(plan.name()).containsKeys("backbone", "input-size", "unfreeze");
    }
  }

  @Test
  void settingsOfTheUserRestrictThePlans() {
    assertThat(suitable("seed", "1")).isEqualTo(ALL);
    assertThat(suitable("input-size", "160"))
        .isNotEmpty()
        .allMatch(plan -> plan.recipe().get("input-size").equals("160"));
    assertThat(suitable("unfreeze", "none")).isNotEmpty().allMatch(Plan::isForAllImages);
    assertThat(suitable("backbone", "vgg16")).isEmpty();
    assertThat(suitable("backbone", "auto")).isEqualTo(ALL);
    assertThat(suitable("weights", "random")).isEmpty();
    assertThat(suitable("cache", "false")).isEmpty();
    assertThat(suitable("head.solver", "newton")).isNotEmpty().allMatch(Plan::isForAllImages);
  }

  @Test
  void settingsOfTheUserStay() {
    Recipe asked = recipe("precision", "float32");
    Recipe planned = ALL.get(0).over(asked, Set.of("precision"));
    assertThat(planned.execution().precision()).isEqualTo(Recipe.Precision.FLOAT32);
    assertThat(ALL.get(0).over(asked, Set.of()).execution().precision())
        .isEqualTo(Recipe.Precision.INT8);
  }

  @Test
  void theUsersEpochsAreTheOnlyOnes() {
    Plan plan = ALL.get(0);
    assertThat(plan.of(1).accuracy()).isEqualTo(Map.of(1, plan.accuracy().get(plan.minEpochs())));
    assertThat(plan.of(100).accuracy()).isEqualTo(Map.of(100, plan.maxAccuracy()));
  }

  @Test
  void theUsersRecipeIsBetterThanAnyPlan() {
    Plan own = Plan.ofRecipe(RecipeReader.defaults());
    assertThat(own.isGiven()).isTrue();
    assertThat(own.maxAccuracy()).isGreaterThan(ALL.get(0).maxAccuracy());
    assertThat(own.over(RecipeReader.defaults(), Set.of())).isEqualTo(RecipeReader.defaults());
  }
}
