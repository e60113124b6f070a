package dev.graft.tuning;

import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.data.DataSet;
import dev.graft.data.ImageFolder;
import dev.graft.data.ReadingRules;
import dev.graft.data.Split;
import dev.graft.data.StratifiedSampler;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.zoo.WeightSource;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Opens and splits the data that a recipe names. */
public final class DataSets {
  private DataSets() {}

  /**
   * Opens a recipe's data.
   *
   * @throws GraftException if it is missing, or unfit for training
   */
  public static DataSet open(Recipe recipe, RunEvents events) {
    return open(recipe, rules(recipe), events);
  }

  /**
   * Opens a recipe's data to evaluate a model on, so that no image needs to be left for training.
   *
   * @throws GraftException if it is missing
   */
  public static DataSet openToEvaluate(Recipe recipe, RunEvents events) {
    return open(recipe, rules(recipe).forEvaluation(), events);
  }

  private static DataSet open(Recipe recipe, ReadingRules rules, RunEvents events) {
    DataSet found =
        switch (recipe.data().source()) {
          case Cifar10Images.NAME ->
              Cifar10Images.find(recipe.data().folders().stream().map(Path::of).toList(), events);
          case Cifar10Images.SAMPLE -> Cifar10Images.sample();
          default ->
              ImageFolder.open(
                  Path.of(recipe.data().source()), recipe.data().maxBad(), rules, events);
        };
    events.found(found);
    return found;
  }

  /**
   * Returns how a recipe reads data on disk.
   *
   * @throws GraftException if a setting is malformed
   */
  public static ReadingRules rules(Recipe recipe) {
    return ReadingRules.of(
        Optional.of(recipe.data().columns()).filter(text -> !text.equals(Recipe.AUTO)),
        Optional.of(recipe.data().pathPattern()).filter(text -> !text.equals(Recipe.AUTO)),
        recipe.data().loneValidation() == Recipe.LoneValidation.TEST);
  }

  /**
   * Returns a recipe whose files and folders are named by absolute paths, so that it can be read
   * from any working directory.
   */
  public static Recipe withAbsolutePaths(Recipe recipe) {
    Map<String, String> paths = new LinkedHashMap<>();
    if (!recipe.backbone().name().equals(Recipe.AUTO)
        && RecipeResolver.entry(recipe).network().external().isPresent()) {
      paths.put("backbone", absolute(recipe.backbone().name()));
    }
    if (!WeightSource.NAMES.contains(recipe.backbone().weights())) {
      paths.put("weights", absolute(recipe.backbone().weights()));
    }
    switch (recipe.data().source()) {
      case Cifar10Images.NAME ->
          paths.put(
              "data-dir",
              recipe.data().folders().stream()
                  .map(DataSets::absolute)
                  .map(RecipeReader::text)
                  .collect(Collectors.joining(", ", "[", "]")));
      case Cifar10Images.SAMPLE -> {}
      default -> paths.put("data", absolute(recipe.data().source()));
    }
    paths.replaceAll((key, value) -> key.equals("data-dir") ? value : RecipeReader.text(value));
    return RecipeReader.with(recipe, paths);
  }

  /** A file's or folder's absolute path; anything else, such as a name or a URL, unchanged. */
  private static String absolute(String text) {
    try {
      Path path = Path.of(text);
      return Files.exists(path) ? PathText.absolute(path).toString() : text;
    } catch (InvalidPathException e) {
      return text;
    }
  }

  /**
   * Splits data; validation and test images are sampled where the data has none. The result depends
   * on the images, their order and the seed only.
   *
   * @param groups numbers of images that stay together, see {@link
   *     dev.graft.data.duplicates.Survey#groups}
   * @throws GraftException if a class has too few images, or none that is left for training
   */
  public static Split split(Recipe recipe, DataSet data, int[] groups) {
    Split split =
        Split.of(
            data,
            groups,
            holdOut(recipe, data, groups),
            recipe.data().validationSplit(),
            recipe.data().testSplit(),
            recipe.seed());
    if (recipe.head().solver() == Recipe.Solver.NEWTON) {
      return split.withoutValidation(); // cross-validation takes their place
    }
    List<String> untrained = Split.missing(data, split.train());
    if (!untrained.isEmpty()) { // the last images of data that is sorted by class
      throw GraftException.of(
          "split: \"last\" holds out every training image of %s for validation: set split to"
              + " stratified, which leaves some of each class.",
          Names.quoted(untrained));
    }
    return split;
  }

  /** Returns how a recipe holds out validation images. */
  public static Split.HoldOut holdOut(Recipe recipe, DataSet data, int[] groups) {
    return (candidates, fraction) ->
        switch (recipe.data().split()) {
          case STRATIFIED ->
              StratifiedSampler.stratified(
                  candidates, data.labels(), groups, fraction, recipe.seed());
          case LAST -> StratifiedSampler.last(candidates, fraction);
        };
  }
}
