package dev.graft.feature;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.StackBatchifier;
import ai.djl.util.Progress;
import dev.graft.data.StratifiedSampler;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Some rows of a source with their labels, as a DJL data set that gives batches of them. (DJL's own
 * random access data sets build a batch from arrays of single rows, which takes longer than to
 * train on it.)
 */
public final class FeatureBatches implements Dataset {
  private final FeatureSource source;
  private final int[] rows;
  private final int[] labels;
  private final int batchSize;
  private final int rounds;
  private final Random shuffle;

  private FeatureBatches(
      FeatureSource source, int[] rows, int[] labels, int batchSize, int rounds, Random shuffle) {
    if (rows.length != labels.length) {
      throw new IllegalArgumentException(rows.length + " rows, " + labels.length + " labels");
    }
    this.source = source;
    this.rows = rows.clone();
    this.labels = labels.clone();
    this.batchSize = batchSize;
    this.rounds = rounds;
    this.shuffle = shuffle;
  }

  /** In the order of the rows. */
  public static FeatureBatches inOrder(
      FeatureSource source, int[] rows, int[] labels, int batchSize) {
    return new FeatureBatches(source, rows, labels, batchSize, 1, null);
  }

  /**
   * In an order that is drawn anew, from the seed, whenever the data is gone through.
   *
   * @param leastBatches where there are fewer, the rows are gone through several times, each time
   *     in another order
   */
  public static FeatureBatches shuffled(
      FeatureSource source, int[] rows, int[] labels, int batchSize, int leastBatches, long seed) {
    int batches = (rows.length + batchSize - 1) / batchSize;
    int rounds = Math.max(1, (leastBatches + batches - 1) / Math.max(1, batches));
    return new FeatureBatches(source, rows, labels, batchSize, rounds, new Random(seed));
  }

  /** Number of rows. */
  public int size() {
    return rows.length;
  }

  /** The label of a row, by its place in the order that the rows were given in. */
  public int label(int place) {
    return labels[place];
  }

  /** Number of batches; the last of each round may be smaller. */
  public int batches() {
    return rounds * batchesOfRound();
  }

  private int batchesOfRound() {
    return (rows.length + batchSize - 1) / batchSize;
  }

  @Override
  public void prepare(Progress progress) {}

  @Override
  public Iterable<Batch> getData(NDManager manager) {
    return () ->
        new Iterator<>() {
          private final int[] order = IntStream.range(0, rows.length).toArray();
          private int next;

          @Override
          public boolean hasNext() {
            return next < batches();
          }

          @Override
          public Batch next() {
            int from = next++ % batchesOfRound() * batchSize;
            if (from == 0 && shuffle != null) {
              StratifiedSampler.shuffle(order, shuffle);
            }
            int to = Math.min(order.length, from + batchSize);
            return batch(manager.newSubManager(), Arrays.copyOfRange(order, from, to), to);
          }
        };
  }

  /** Labels are {@code (N)}, float32, as DJL's evaluators take them. */
  private Batch batch(NDManager manager, int[] chosen, int progress) {
    int[] chosenRows = new int[chosen.length];
    float[] chosenLabels = new float[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      chosenRows[i] = rows[chosen[i]];
      chosenLabels[i] = labels[chosen[i]];
    }
    return new Batch(
        manager,
        source.read(manager, chosenRows),
        new NDList(manager.create(chosenLabels)),
        chosen.length,
        new StackBatchifier(),
        new StackBatchifier(),
        progress,
        rows.length);
  }
}
