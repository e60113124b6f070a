package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.util.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values of recipe keys, every combination of which is tried.
 *
 * @param values of each key, in YAML; at least one key with one value
 */
public record Grid(Map<String, List<String>> values) {
  /** More combinations are a typing error. */
  static final int MAX_COMBINATIONS = 1_000;

  /** Keys that change the validation images, on which all combinations are compared. */
  private static final Set<String> DATA =
      Set.of(
          "columns",
          "data",
          "data-dir",
          "folds",
          "head.solver",
          "lone-validation",
          "max-bad",
          "path-pattern",
          "seed",
          "split",
          "test-split",
          "validation-split");

  /**
   * Checks the grid.
   *
   * @throws GraftException if its combinations can't be compared, or are too many
   */
  public Grid {
    values = new LinkedHashMap<>(values);
    for (String key : values.keySet()) {
      if (DATA.contains(key)) {
        throw new GraftException(
            "grid: "
                + key
                + " changes the images that the combinations are compared on; set one value for"
                + " it in the recipe.");
      }
    }
    long count = 1;
    for (List<String> each : values.values()) {
      count = Math.min(Integer.MAX_VALUE, count * each.size());
    }
    if (count > MAX_COMBINATIONS) {
      throw GraftException.of(
          "grid: %s, and the maximum is %,d; give fewer values.",
          Names.count(count, "combination"), MAX_COMBINATIONS);
    }
  }

  /**
   * Reads a grid.
   *
   * @param texts such as {@code head.hidden=0,1024}; commas within brackets belong to a value
   * @throws GraftException if one is not a key with its values
   */
  public static Grid of(List<String> texts) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      List<String> each = equals < 1 ? List.of() : split(text.substring(equals + 1));
      if (each.isEmpty() || each.contains("")) {
        throw new GraftException(
            "grid: "
                + text
                + " is not a key with its values; write KEY=VALUE,VALUE, such as"
                + " learning-rate=1e-3,3e-3.");
      }
      if (Set.copyOf(each).size() < each.size()) {
        throw new GraftException("grid: " + text + " has a value twice; give each value once.");
      }
      if (values.put(text.substring(0, equals), each) != null) {
        throw new GraftException(
            "grid: " + text.substring(0, equals) + " is given twice; give all values at once.");
      }
    }
    return new Grid(values);
  }

  private static List<String> split(String text) {
    List<String> values = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char at = text.charAt(i);
      depth += at == '[' || at == '{' ? 1 : at == ']' || at == '}' ? -1 : 0;
      if (at == ',' && depth == 0) {
        values.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    values.add(text.substring(from).strip());
    return values;
  }

  /** Returns the keys, in their order. */
  public List<String> keys() {
    return List.copyOf(values.keySet());
  }

  /** Returns all combinations; the last key varies fastest. */
  public List<Map<String, String>> combinations() {
    List<Map<String, String>> all = List.of(Map.of());
    for (var key : values.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> shorter : all) {
        for (String value : key.getValue()) {
          Map<String, String> settings = new LinkedHashMap<>(shorter);
          settings.put(key.getKey(), value);
          longer.add(settings);
        }
      }
      all = longer;
    }
    return all;
  }
}
