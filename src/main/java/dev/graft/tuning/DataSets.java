package dev.graft.tuning;

import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.data.DataSet;
import dev.graft.data.ImageFolder;
import dev.graft.data.ReadingRules;
import dev.graft.data.Split;
import dev.graft.data.StratifiedSampler;
import dev.graft.recipe.Recipe;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.zoo.WeightSource;
import java.nio.file.Path;
import java.util.List;

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
        recipe.data().columns().given(),
        recipe.data().pathPattern().given(),
        recipe.data().loneValidation() == Recipe.LoneValidation.TEST);
  }

  /**
   * Returns a recipe whose files and folders are named by absolute paths, so that it can be read
   * from any working directory.
   */
  public static Recipe withAbsolutePaths(Recipe recipe) {
    Recipe.Backbone backbone = recipe.backbone();
    if (!backbone.name().equals(Recipe.AUTO)
        && RecipeResolver.entry(recipe).network().external().isPresent()) {
      backbone = backbone.withName(absolute(backbone.name()));
    }
    if (!WeightSource.NAMES.contains(backbone.weights())) {
      backbone = backbone.withWeights(absolute(backbone.weights()));
    }
    Recipe.Data data = recipe.data();
    List<String> folders = data.folders();
    return recipe
        .with(backbone)
        .with(
            switch (data.source()) {
              case Cifar10Images.NAME ->
                  data.withLocation(
                      data.source(), folders.stream().map(DataSets::absolute).toList());
              case Cifar10Images.SAMPLE -> data;
              default -> data.withLocation(absolute(data.source()), folders);
            });
  }

  /** A file's or folder's absolute path; anything else, such as a name or a URL, unchanged. */
  private static String absolute(String text) {
    return RecipeResolver.exists(text) ? PathText.absolute(Path.of(text)).toString() : text;
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
    if (recipe.head().solver().is(Recipe.Solver.NEWTON)) {
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
