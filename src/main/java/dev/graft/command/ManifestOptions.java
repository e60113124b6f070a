package dev.graft.command;

import dev.graft.recipe.RecipeReader;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that say how a manifest is read. */
final class ManifestOptions {
  @Option(
      names = "--columns",
      paramLabel = "NAMES",
      description =
          "Names of a manifest's columns, such as path=id,label=breed (default: path, label,"
              + " split).")
  private String columns;

  @Option(
      names = "--path-pattern",
      paramLabel = "PATTERN",
      description =
          "Path of an image, in which the path column's name in braces stands for its value, such as"
              + " train/{id}.jpg.")
  private String pathPattern;

  /** Adds what was given to the settings of a recipe. */
  void put(Map<String, String> settings) {
    if (columns != null) {
      settings.put("columns", RecipeReader.text(columns));
    }
    if (pathPattern != null) {
      settings.put("path-pattern", RecipeReader.text(pathPattern));
    }
  }
}
