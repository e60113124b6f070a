package dev.graft.feature;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.StackBatchifier;
import ai.djl.util.Progress;
import dev.graft.data.StratifiedSampler;
import dev.graft.io.ReadAhead;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Rows of a {@link FeatureSource} with their labels, as a DJL dataset of batches. (DJL's {@code
 * RandomAccessDataset} stacks each batch from arrays of single rows, which takes longer than
 * training a head on it.)
 */
public final class FeatureBatches implements Dataset {
  /** Batches that are prepared on another thread while one is trained on. */
  private static final int AHEAD = 2;

  private final FeatureSource source;
  private final int[] rows;
  private final int[] labels;
  private final int batchSize;
  private final int rounds;
  private final Random shuffle;

  /** Batches to leave out at the beginning of the next epoch. */
  private int skipped;

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

  /**
   * Creates batches in the order of the rows.
   *
   * @param labels one per row
   * @param batchSize images per batch
   */
  public static FeatureBatches inOrder(
      FeatureSource source, int[] rows, int[] labels, int batchSize) {
    return new FeatureBatches(source, rows, labels, batchSize, 1, null);
  }

  /**
   * Creates batches in a random order, which is new in every epoch and follows from the seed.
   *
   * @param labels one per row
   * @param batchSize images per batch
   * @param minBatches minimum number of batches per epoch; if the rows give fewer, an epoch repeats
   *     them, each time in another order
   */
  public static FeatureBatches shuffled(
      FeatureSource source, int[] rows, int[] labels, int batchSize, int minBatches, long seed) {
    int batches = (rows.length + batchSize - 1) / batchSize;
    int rounds = Math.max(1, (minBatches + batches - 1) / Math.max(1, batches));
    return new FeatureBatches(source, rows, labels, batchSize, rounds, new Random(seed));
  }

  /** Returns the number of rows. */
  public int size() {
    return rows.length;
  }

  /** Returns the label of the row at an index of the given rows. */
  public int label(int index) {
    return labels[index];
  }

  /** Returns the number of batches per epoch; the last batch of each round may be smaller. */
  public int batches() {
    return rounds * batchesPerRound();
  }

  /**
   * Continues an earlier training: the next epoch is the one after these, without its first
   * batches, and every order is what it would have been.
   *
   * @param epochs number of epochs that the earlier training finished
   * @param batches of the next epoch that it finished
   */
  public void resumeAfter(int epochs, int batches) {
    int[] any = new int[rows.length];
    for (int i = 0; shuffle != null && i < epochs * rounds; i++) {
      StratifiedSampler.shuffle(any, shuffle);
    }
    skipped = batches;
  }

  private int batchesPerRound() {
    return (rows.length + batchSize - 1) / batchSize;
  }

  @Override
  public void prepare(Progress progress) {}

  @Override
  public Iterable<Batch> getData(NDManager manager) {
    return () -> {
      ReadAhead<Batch> batches =
          ReadAhead.of(
              1, AHEAD, positions(), each -> batch(manager.newSubManager(), each.rows, each.end));
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          boolean more = batches.hasNext();
          if (!more) {
            batches.close();
          }
          return more;
        }

        @Override
        public Batch next() {
          return batches.next();
        }
      };
    };
  }

  /**
   * The content of a batch.
   *
   * @param rows indices of the given rows
   * @param end number of rows up to the end of this batch
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Position(int[] rows, int end) {}

  /** Returns what the batches of an epoch contain, without those that an earlier training took. */
  private Iterator<Position> positions() {
    Iterator<Position> all = all();
    for (; skipped > 0; skipped--) {
      all.next();
    }
    return all;
  }

  private Iterator<Position> all() {
    return new Iterator<>() {
      private final int[] order = IntStream.range(0, rows.length).toArray();
      private int next;

      @Override
      public boolean hasNext() {
        return next < batches();
      }

      @Override
      public Position next() {
        int from = next++ % batchesPerRound() * batchSize;
        if (from == 0 && shuffle != null) {
          StratifiedSampler.shuffle(order, shuffle);
        }
        int to = Math.min(order.length, from + batchSize);
        return new Position(Arrays.copyOfRange(order, from, to), to);
      }
    };
  }

  /** Returns a batch; its labels are {@code (N)}, float32, as DJL's evaluators require. */
  private Batch batch(NDManager manager, int[] indices, int progress) {
    int[] batchRows = new int[indices.length];
    float[] batchLabels = new float[indices.length];
    for (int i = 0; i < indices.length; i++) {
      batchRows[i] = rows[indices[i]];
      batchLabels[i] = labels[indices[i]];
    }
    NDList values;
    synchronized (source) { // which an abandoned epoch may still be reading
      values = source.read(manager, batchRows);
    }
    return new Batch(
        manager,
        values,
        new NDList(manager.create(batchLabels)),
        indices.length,
        new StackBatchifier(),
        new StackBatchifier(),
        progress,
        rows.length);
  }
}
