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
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Rows of a {@link FeatureSource} with their labels, as a DJL dataset of batches. (DJL's {@code
 * RandomAccessDataset} stacks each batch from arrays of single rows, which takes longer than
 * training a head on it.)
 */
public final class FeatureBatches implements Dataset {
  /** Batches that are prepared on another thread while one is trained on. */
  private static final int AHEAD = 2;

  /** The views of the images; an epoch shows one of them, chosen at random for each image. */
  private final List<FeatureSource> views;

  private final int[] rows;
  private final int[] labels;
  private final int batchSize;
  private final int rounds;
  private final Random shuffle;

  /** Passes over the rows that have begun. */
  private int passes;

  /** Batches to leave out at the beginning of the next epoch. */
  private int skipped;

  private BooleanSupplier ended = () -> false;

  private FeatureBatches(
      List<FeatureSource> views,
      int[] rows,
      int[] labels,
      int batchSize,
      int rounds,
      Random shuffle) {
    if (rows.length != labels.length) {
      throw new IllegalArgumentException(rows.length + " rows, " + labels.length + " labels");
    }
    this.views = List.copyOf(views);
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
    return new FeatureBatches(List.of(source), rows, labels, batchSize, 1, null);
  }

  /**
   * Creates batches of one view, see {@link #shuffled(List, int[], int[], int, int, long)}.
   *
   * @param labels one per row
   * @param batchSize images per batch
   */
  public static FeatureBatches shuffled(
      FeatureSource source, int[] rows, int[] labels, int batchSize, int minBatches, long seed) {
    return shuffled(List.of(source), rows, labels, batchSize, minBatches, seed);
  }

  /**
   * Creates batches in a random order, which is new in every epoch and follows from the seed.
   *
   * @param views sources of the same rows, such as the images and their mirror images; an epoch
   *     shows one of them, chosen at random for each row, as it is in that pass over the rows
   * @param labels one per row
   * @param batchSize images per batch
   * @param minBatches minimum number of batches per epoch; if the rows give fewer, an epoch repeats
   *     them, each time in another order
   */
  public static FeatureBatches shuffled(
      List<FeatureSource> views,
      int[] rows,
      int[] labels,
      int batchSize,
      int minBatches,
      long seed) {
    int batches = (rows.length + batchSize - 1) / batchSize;
    int rounds = Math.max(1, (minBatches + batches - 1) / Math.max(1, batches));
    return new FeatureBatches(views, rows, labels, batchSize, rounds, new Random(seed));
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
   * Continues an earlier training: the next epoch follows these epochs and starts after the given
   * number of batches. The order of the rows is the same as without the interruption.
   *
   * @param epochs number of epochs that the earlier training finished
   * @param batches of the next epoch that it finished
   */
  public void resumeAfter(int epochs, int batches) {
    Round any = new Round();
    for (int i = 0; shuffle != null && i < epochs * rounds; i++) {
      any.draw();
    }
    skipped = batches;
  }

  /** Ends epochs before their last batch as soon as the condition holds. */
  public void endEpochsWhen(BooleanSupplier condition) {
    ended = condition;
  }

  private int batchesPerRound() {
    return (rows.length + batchSize - 1) / batchSize;
  }

  @Override
  public void prepare(Progress progress) {}

  @Override
  public Iterable<Batch> getData(NDManager manager) {
    return () -> {
      ReadAhead<Position, Batch> batches =
          new ReadAhead<>(1, AHEAD, positions(), each -> batch(manager.newSubManager(), each));
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          boolean more = !ended.getAsBoolean() && batches.hasNext();
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
   * @param rows indices of the given rows, by view
   * @param pass over the rows, from 0
   * @param end number of rows up to the end of this batch
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Position(int[][] rows, int pass, int end) {}

  /** Returns the content of an epoch's batches, without those that an earlier training finished. */
  private Iterator<Position> positions() {
    Iterator<Position> all = all();
    for (; skipped > 0; skipped--) {
      all.next();
    }
    return all;
  }

  /** One pass over the rows. */
  private final class Round {
    final int[] order = IntStream.range(0, rows.length).toArray();

    /** The view of each row. */
    final int[] view = new int[rows.length];

    /** The number of this pass, from 0. */
    int pass;

    void draw() {
      pass = passes++;
      StratifiedSampler.shuffle(order, shuffle);
      for (int i = 0; views.size() > 1 && i < view.length; i++) {
        view[i] = shuffle.nextInt(views.size());
      }
    }

    /** Returns the rows at positions of this pass that are shown in a view. */
    int[] shown(int each, int from, int to) {
      return IntStream.range(from, to).map(i -> order[i]).filter(i -> view[i] == each).toArray();
    }
  }

  private Iterator<Position> all() {
    return new Iterator<>() {
      private final Round round = new Round();
      private int next;

      @Override
      public boolean hasNext() {
        return next < batches();
      }

      @Override
      public Position next() {
        int from = next++ % batchesPerRound() * batchSize;
        if (from == 0 && shuffle != null) {
          round.draw();
        }
        int to = Math.min(rows.length, from + batchSize);
        return new Position(
            IntStream.range(0, views.size())
                .mapToObj(view -> round.shown(view, from, to))
                .toArray(int[][]::new),
            round.pass,
            to);
      }
    };
  }

  /** Returns a batch; its labels are {@code (N)}, float32, as DJL's evaluators require. */
  private Batch batch(NDManager manager, Position position) {
    int[] all = Arrays.stream(position.rows).flatMapToInt(IntStream::of).toArray();
    float[] batchLabels = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      batchLabels[i] = labels[all[i]];
    }
    return new Batch(
        manager,
        values(manager, position),
        new NDList(manager.create(batchLabels)),
        all.length,
        new StackBatchifier(),
        new StackBatchifier(),
        position.end,
        rows.length);
  }

  private NDList values(NDManager manager, Position position) {
    NDList values = new NDList();
    for (int view = 0; view < position.rows.length; view++) {
      if (position.rows[view].length > 0) {
        FeatureSource source = views.get(view).inPass(position.pass);
        NDList more = read(source, manager, position.rows[view]);
        values = values.isEmpty() ? more : concatenated(values, more);
      }
    }
    return values;
  }

  private NDList read(FeatureSource source, NDManager manager, int[] indices) {
    synchronized (source) { // which an abandoned epoch may still be reading
      return source.read(manager, IntStream.of(indices).map(i -> rows[i]).toArray());
    }
  }

  private static NDList concatenated(NDList first, NDList second) {
    NDList both = new NDList();
    for (int i = 0; i < first.size(); i++) {
      both.add(first.get(i).concat(second.get(i)));
    }
    first.close();
    second.close();
    return both;
  }
}
