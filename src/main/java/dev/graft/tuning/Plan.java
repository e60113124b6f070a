package dev.graft.tuning;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.util.Resource;
import dev.graft.zoo.BackboneInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A plan to train in a given time: settings of a recipe, with the accuracy that they reach. {@code
 * plans.yaml} lists all plans, and how each was measured.
 *
 * @param name for the console, such as {@code EfficientNet-Lite0 at 160 pixels, frozen}
 * @param recipe keys and values, without {@code epochs}
 * @param accuracy validation accuracy on CIFAR-10, 0 to 1, by number of epochs
 * @param source how the accuracies were measured; begins with {@code unverified} if they were not
 */
public record Plan(
    String name,
    Map<String, String> recipe,
    @JsonProperty("validation-accuracy") SortedMap<Integer, Double> accuracy,
    String source) {
  /**
   * The keys that define a plan; a plan that contradicts the user's values of these is not
   * considered.
   */
  private static final Set<String> ESSENTIAL =
      Set.of("backbone", "input-size", "unfreeze", "features");

  /** Keys that no plan sets, and that invalidate a plan's measured accuracies. */
  private static final Set<String> UNMEASURED =
      Set.of("weights", "cache", "preprocessing", "root-engine");

  public Plan {
    recipe = Map.copyOf(recipe);
    accuracy = new TreeMap<>(accuracy);
  }

  /** Returns the plans of {@code plans.yaml}, the most accurate first. */
  public static List<Plan> all() {
    try {
      List<Plan> plans =
          new YAMLMapper()
              .readValue(Resource.bytes(Plan.class, "plans.yaml"), new TypeReference<>() {});
      return plans.stream()
          .sorted((a, b) -> Double.compare(b.maxAccuracy(), a.maxAccuracy()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the user's recipe as a plan, which ranks above all others. */
  public static Plan ofRecipe(Recipe recipe) {
    SortedMap<Integer, Double> accuracy = new TreeMap<>(Map.of(recipe.training().epochs(), 1.0));
    return new Plan("the recipe as it is", Map.of(), accuracy, "unverified");
  }

  /** Returns whether this is the user's recipe. */
  public boolean isGiven() {
    return recipe.isEmpty();
  }

  double maxAccuracy() {
    return accuracy.get(maxEpochs());
  }

  /** Returns the lowest number of epochs that was measured. */
  public int minEpochs() {
    return accuracy.firstKey();
  }

  /** Returns whether the number of epochs does not depend on the time. */
  public boolean isFixed() {
    return minEpochs() == maxEpochs();
  }

  int maxEpochs() {
    return accuracy.lastKey();
  }

  /**
   * Returns the validation accuracy after a number of epochs, interpolated linearly between those
   * that were measured.
   *
   * @param epochs at least {@link #minEpochs}
   */
  double accuracyAfter(int epochs) {
    int below = accuracy.headMap(epochs + 1).lastKey();
    SortedMap<Integer, Double> above = accuracy.tailMap(epochs);
    if (above.isEmpty() || above.firstKey() == below) {
      return accuracy.get(below);
    }
    double share = (double) (epochs - below) / (above.firstKey() - below);
    return accuracy.get(below) + share * (accuracy.get(above.firstKey()) - accuracy.get(below));
  }

  /** Returns the same plan with a number of epochs that the user has set. */
  public Plan of(int epochs) {
    double worth = epochs < minEpochs() ? accuracy.get(minEpochs()) : accuracyAfter(epochs);
    return new Plan(name, recipe, new TreeMap<>(Map.of(epochs, worth)), source);
  }

  /**
   * Returns whether the plan suits any images: the default backbone for photographs, frozen, at
   * another size. Plans with trained stages were measured on CIFAR-10 only.
   */
  public boolean isForAllImages() {
    return BackboneInfo.PHOTOGRAPHS.equals(recipe.get("backbone"))
        && NetworkDesign.NONE.equals(recipe.get("unfreeze"));
  }

  /**
   * Returns whether the plan agrees with the keys that the user has set, and the accuracies hold.
   */
  public boolean suits(Recipe asked, Set<String> given) {
    boolean trainsStages =
        !recipe.getOrDefault("unfreeze", NetworkDesign.NONE).equals(NetworkDesign.NONE);
    if (given.stream().anyMatch(UNMEASURED::contains)
        || (trainsStages && asked.head().solver().is(Recipe.Solver.NEWTON))) {
      return false;
    }
    Map<String, String> values = RecipeReader.settings(asked);
    Map<String, String> essential = new LinkedHashMap<>(recipe);
    essential.keySet().retainAll(ESSENTIAL);
    Map<String, String> planned = RecipeReader.settings(RecipeReader.with(asked, essential));
    return ESSENTIAL.stream()
        .filter(given::contains)
        .filter(key -> !values.get(key).equals(Recipe.AUTO))
        .allMatch(key -> values.get(key).equals(planned.get(key)));
  }

  /** Returns the user's recipe with the settings of the plan that the user has not set. */
  public Recipe over(Recipe asked, Set<String> given) {
    Map<String, String> settings = new LinkedHashMap<>(recipe);
    settings.keySet().removeAll(given);
    if (asked.training().schedule() == Recipe.Schedule.ONE_CYCLE) {
      settings.remove("warmup-epochs"); // it has a warm-up of its own
    }
    return RecipeReader.with(asked, settings);
  }
}
