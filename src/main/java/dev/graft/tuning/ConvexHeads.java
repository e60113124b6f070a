package dev.graft.tuning;

import dev.graft.data.DataSet;
import dev.graft.data.StratifiedSampler;
import dev.graft.recipe.Recipe;
import dev.graft.training.ConvexHead;
import dev.graft.training.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Fits a convex head to images of a data set, in folds that keep near-duplicates together. */
final class ConvexHeads {
  private ConvexHeads() {}

  /**
   * Fits a head.
   *
   * @param features of the rows, {@code (n, F)}
   * @param stages the number of features of each stage
   * @param rows of the images to fit, ascending
   * @param groups numbers of images that stay together, of all images
   */
  static ConvexHead fit(
      Matrix features,
      List<Integer> stages,
      DataSet data,
      int[] rows,
      int[] groups,
      Recipe recipe) {
    int[] labels = data.labels();
    ConvexHead.Folds folds =
        (places, count, round) ->
            StratifiedSampler.folds(
                    IntStream.of(places).map(place -> rows[place]).toArray(),
                    labels,
                    groups,
                    count,
                    recipe.seed() + round)
                .stream()
                .map(
                    fold -> IntStream.of(fold).map(row -> Arrays.binarySearch(rows, row)).toArray())
                .toList();
    return ConvexHead.fit(images(features, stages, data, rows, recipe), folds);
  }

  /** Returns the images to fit a head to, see {@link #fit}. */
  static ConvexHead.Images images(
      Matrix features, List<Integer> stages, DataSet data, int[] rows, Recipe recipe) {
    return new ConvexHead.Images(
        features,
        stages,
        data.images().labels(rows),
        data.classes().size(),
        recipe.training().classWeights());
  }
}
