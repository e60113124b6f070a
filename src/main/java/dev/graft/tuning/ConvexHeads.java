package dev.graft.tuning;

import dev.graft.data.StratifiedSampler;
import dev.graft.training.ConvexHead;
import dev.graft.training.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Fits a convex head to images of a prepared run, in folds that keep near-duplicates together. */
final class ConvexHeads {
  private ConvexHeads() {}

  /**
   * Fits a head.
   *
   * @param features of the rows, {@code (n, F)}
   * @param rows of the images to fit, ascending
   * @param groups numbers of images that stay together, of all images
   */
  static ConvexHead fit(PreparedRun run, Matrix features, int[] rows, int[] groups) {
    int[] labels = run.data().labels();
    ConvexHead.Folds folds =
        (places, count, round) ->
            StratifiedSampler.folds(
                    IntStream.of(places).map(place -> rows[place]).toArray(),
                    labels,
                    groups,
                    count,
                    run.recipe().seed() + round)
                .stream()
                .map(
                    fold -> IntStream.of(fold).map(row -> Arrays.binarySearch(rows, row)).toArray())
                .toList();
    return ConvexHead.fit(images(run, features, rows), folds);
  }

  /** Returns the images to fit a head to, see {@link #fit}. */
  static ConvexHead.Images images(PreparedRun run, Matrix features, int[] rows) {
    return new ConvexHead.Images(
        features,
        run.network().design().stageWidths(),
        run.data().images().labels(rows),
        run.data().classes().size(),
        run.recipe().training().classWeights());
  }
}
