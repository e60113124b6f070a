package dev.graft.data;

import dev.graft.GraftException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a data set on disk is read.
 *
 * @param path name of a manifest's column, or key, with the path of an image, or its id
 * @param label name of the column with the label
 * @param split name of the column with the part
 * @param pathPattern path in which the column's name in braces stands for its value, as {@code
 *     train/{id}.jpg}; empty if the value is the path
 * @param validationIsTest whether validation images are the test images if there are no others
 * @param trains whether some images must be left to train on, of every class
 */
public record ReadingRules(
    String path,
    String label,
    String split,
    Optional<String> pathPattern,
    boolean validationIsTest,
    boolean trains) {
  /** The rules without any setting. */
  public static final ReadingRules DEFAULT =
      new ReadingRules(
          ManifestRows.PATH, ManifestRows.LABEL, ManifestRows.SPLIT, Optional.empty(), true, true);

  private static final Pattern COLUMN = Pattern.compile("(path|label|split)=([^=,]+)");

  /**
   * Parses settings.
   *
   * @param columns such as {@code path=id,label=breed}; empty for the columns' own names
   * @param pathPattern empty if the path is the column's value
   * @throws GraftException if one is malformed; the message begins with its key
   */
  public static ReadingRules of(
      Optional<String> columns, Optional<String> pathPattern, boolean validationIsTest) {
    Map<String, String> names = new HashMap<>();
    for (String each : columns.map(text -> text.split(",")).orElse(new String[0])) {
      Matcher column = COLUMN.matcher(each.strip());
      if (!column.matches() || names.put(column.group(1), column.group(2).strip()) != null) {
        throw new GraftException(
            "columns: must be path, label or split, each at most once, with the name of its column,"
                + " such as path=id,label=breed, not "
                + columns.orElseThrow()
                + ".");
      }
    }
    ReadingRules rules =
        new ReadingRules(
            names.getOrDefault(ManifestRows.PATH, ManifestRows.PATH),
            names.getOrDefault(ManifestRows.LABEL, ManifestRows.LABEL),
            names.getOrDefault(ManifestRows.SPLIT, ManifestRows.SPLIT),
            pathPattern,
            validationIsTest,
            true);
    if (pathPattern.isPresent() && !pathPattern.get().contains(rules.placeholder())) {
      throw new GraftException(
          "path-pattern: must contain "
              + rules.placeholder()
              + ", which stands for the value of that column, not "
              + pathPattern.get()
              + ".");
    }
    return rules;
  }

  /** Returns these rules for images that a model is evaluated on. */
  public ReadingRules forEvaluation() {
    return new ReadingRules(path, label, split, pathPattern, validationIsTest, false);
  }

  private String placeholder() {
    return "{" + path + "}";
  }

  /** Returns the path of an image, given the value of its column. */
  String pathOf(String value) {
    return pathPattern.map(pattern -> pattern.replace(placeholder(), value)).orElse(value);
  }

  /** Returns these rules for a table, whose column names are compared in lower case. */
  ReadingRules inLowerCase() {
    return new ReadingRules(
        path.toLowerCase(Locale.ROOT),
        label.toLowerCase(Locale.ROOT),
        split.toLowerCase(Locale.ROOT),
        pathPattern,
        validationIsTest,
        trains);
  }

  /** Returns whether these rules name columns, which only a manifest has. */
  boolean nameColumns() {
    List<String> usual = List.of(ManifestRows.PATH, ManifestRows.LABEL, ManifestRows.SPLIT);
    return pathPattern.isPresent() || !List.of(path, label, split).equals(usual);
  }
}
