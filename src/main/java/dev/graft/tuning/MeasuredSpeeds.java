package dev.graft.tuning;

import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoublePredicate;

/** Speeds of the networks that were measured. */
final class MeasuredSpeeds {
  /** Measures a recipe's networks, in seconds per image. */
  interface Measurement {
    /** Measures the frozen part. */
    double feature() throws IOException;

    /** Measures training steps. */
    double trained() throws IOException;
  }

  /**
   * Seconds per image.
   *
   * @param feature of the frozen part
   * @param trained of a training step; 0 if it was not needed
   */
  record Speed(double feature, double trained) {}

  private final Map<String, Double> features = new HashMap<>();
  private final Map<String, Double> trained = new HashMap<>();

  /**
   * Returns the speed of a recipe; measures only networks that were not measured before.
   *
   * @param isTrained whether training is needed, given the seconds per image of the frozen part
   */
  Speed of(Recipe recipe, DoublePredicate isTrained, Measurement measurement) throws IOException {
    String key = key(recipe);
    if (!features.containsKey(key)) {
      features.put(key, measurement.feature());
    }
    double feature = features.get(key);
    if (!isTrained.test(feature)) {
      return new Speed(feature, 0);
    }
    if (!trained.containsKey(key)) {
      trained.put(key, measurement.trained());
    }
    return new Speed(feature, trained.get(key));
  }

  private static String key(Recipe recipe) {
    return String.join(
        " ",
        recipe.backbone().name(),
        recipe.backbone().unfreeze(),
        recipe.input().size().toString(),
        recipe.execution().precision().toString(),
        recipe.head().toString());
  }
}
