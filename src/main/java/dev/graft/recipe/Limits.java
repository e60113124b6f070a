package dev.graft.recipe;

import dev.graft.GraftException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Checks of a recipe's values; each error names the key, the limits and the value. */
final class Limits {
  private Limits() {}

  /** Rejects null elements, which Jackson makes of empty ones. */
  static List<String> requireTexts(String key, List<String> values) {
    if (values.stream().anyMatch(Objects::isNull)) {
      throw empty(key);
    }
    return List.copyOf(values);
  }

  /** Requires at least one text, none of them blank or twice. */
  static void requireDistinct(String key, List<String> values) {
    requireTexts(key, values);
    if (values.isEmpty()) {
      throw new GraftException(key + ": must be the names of stages, not [].");
    }
    for (String value : values) {
      requireText(key, value);
      if (Collections.frequency(values, value) > 1) {
        throw new GraftException(key + ": " + value + " is listed twice; list each stage once.");
      }
    }
  }

  /** Requires three finite numbers, or auto. */
  static void requireChannels(String key, Auto<List<Float>> values) {
    values.ifGiven(
        given -> {
          if (given.size() != 3
              || given.stream().anyMatch(value -> value == null || !Float.isFinite(value))) {
            throw new GraftException(key + ": must be auto or three numbers, not " + given + ".");
          }
        });
  }

  /** Checks a value unless Graft decides it; the limits are those of a check for a given value. */
  static <T> void requireAutoOr(String key, Auto<T> value, Consumer<T> check) {
    try {
      value.ifGiven(check);
    } catch (GraftException e) {
      throw new GraftException(e.getMessage().replace(": must be ", ": must be auto or "), e);
    }
  }

  /** Requires a value above 0 and at most 1. */
  static void requirePositiveShare(String key, double value) {
    if (!(value > 0 && value <= 1)) {
      throw outside(key, "above 0 and at most 1", value);
    }
  }

  static void requireText(String key, String value) {
    if (value.isBlank()) {
      throw empty(key);
    }
  }

  static void requireWithin(String key, int value, int min, int max) {
    if (value < min || value > max) {
      throw outside(key, "a whole number from " + min + " to " + max, value);
    }
  }

  static void requireOpenUnit(String key, double value) {
    if (!(value > 0 && value < 1)) {
      throw outside(key, "above 0 and below 1", value);
    }
  }

  static void requireHalfOpenUnit(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw outside(key, "at least 0 and below 1", value);
    }
  }

  static void requireUnit(String key, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw outside(key, "from 0 to 1", value);
    }
  }

  // The engines compute in float32, where values far outside this range are 0 or infinite.
  private static final double MIN_POSITIVE = 1e-30;
  private static final double MAX_NUMBER = 1e30;

  static void requirePositive(String key, double value) {
    if (!(value >= MIN_POSITIVE && value <= MAX_NUMBER)) {
      throw outside(key, "above 0 (from 1e-30 to 1e+30)", value);
    }
  }

  static void requireNonNegative(String key, double value) {
    if (!(value >= 0 && value <= MAX_NUMBER)) {
      throw outside(key, "at least 0 (to 1e+30)", value);
    }
  }

  private static GraftException empty(String key) {
    return new GraftException(key + ": must not be empty.");
  }

  static GraftException outside(String key, String limit, Number value) {
    return new GraftException(key + ": must be " + limit + ", not " + value + ".");
  }
}
