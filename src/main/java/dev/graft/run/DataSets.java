package dev.graft.run;

import dev.graft.data.Cifar10;
import dev.graft.data.DataSet;
import dev.graft.data.Draw;
import dev.graft.data.ImageFolder;
import dev.graft.data.Split;
import dev.graft.recipe.Recipe;
import java.nio.file.Path;

/** From what a recipe calls its data to the pictures. */
public final class DataSets {
  private DataSets() {}

  /**
   * Opens a recipe's data.
   *
   * @throws dev.graft.GraftException if it isn't there, or can't be learnt from
   */
  public static DataSet open(Recipe recipe, RunEvents events) {
    DataSet found =
        switch (recipe.data()) {
          case Cifar10.NAME ->
              Cifar10.find(recipe.dataDir().stream().map(Path::of).toList(), events);
          case Cifar10.SAMPLE -> Cifar10.sample();
          default -> ImageFolder.open(Path.of(recipe.data()), recipe.maxBad(), events);
        };
    events.found(found);
    return found;
  }

  /**
   * Splits what is not split already, as the recipe says; the same pictures in the same order are
   * split the same way again.
   *
   * @param groups numbers of pictures that stay together, see {@link
   *     dev.graft.data.duplicates.Survey#groups}
   * @throws dev.graft.GraftException if a class has too few pictures for it
   */
  public static Split split(Recipe recipe, DataSet data, int[] groups) {
    return Split.of(
        data,
        groups,
        holdOut(recipe, data, groups),
        recipe.validationSplit(),
        recipe.testSplit(),
        recipe.seed());
  }

  /** How a recipe holds out validation pictures. */
  static Split.HoldOut holdOut(Recipe recipe, DataSet data, int[] groups) {
    return (candidates, fraction) ->
        switch (recipe.split()) {
          case STRATIFIED ->
              Draw.stratified(candidates, data.labels(), groups, fraction, recipe.seed());
          case LAST -> Draw.last(candidates, fraction);
        };
  }
}
