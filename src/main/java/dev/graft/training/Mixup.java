package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.StackBatchifier;
import ai.djl.translate.TranslateException;
import ai.djl.util.Progress;
import java.io.IOException;
import java.util.Iterator;
import java.util.Random;

/**
 * Batches in which each image is mixed with another one of its batch, if it has one: mixup (Zhang
 * et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018) of what the batches hold. If that
 * is the output of the frozen part, it is manifold mixup (Verma et al., ICML 2019). The share of a
 * batch follows from the seed and the batch's position, so that a resumed training mixes in the
 * same way.
 *
 * <p>The labels of a batch are three arrays: those of the images, those of their partners, both
 * {@code (N)}, and the images' share, a scalar, at least a half.
 */
final class Mixup implements Dataset {
  private final Dataset single;
  private final double alpha;
  private final long seed;
  private int epoch;
  private int batch;

  /**
   * @param single the batches
   * @param alpha both parameters of the Beta distribution of the shares, above 0 and at most 1; 1
   *     is the uniform distribution, small values mix little
   */
  Mixup(Dataset single, double alpha, long seed) {
    this.single = single;
    this.alpha = alpha;
    this.seed = seed;
  }

  /** Continues after a number of epochs and batches of the next epoch. */
  void resumeAfter(int epochs, int batches) {
    epoch = epochs;
    batch = batches;
  }

  @Override
  public void prepare(Progress progress) throws IOException, TranslateException {
    single.prepare(progress);
  }

  @Override
  public Iterable<Batch> getData(NDManager manager) throws IOException, TranslateException {
    Iterable<Batch> batches = single.getData(manager);
    return () -> {
      Iterator<Batch> each = batches.iterator();
      int now = epoch++;
      int first = batch;
      batch = 0;
      return new Iterator<>() {
        private int next = first;

        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public Batch next() {
          return mixed(each.next(), share(new Random(SeedListener.seedOf(seed, now, next++))));
        }
      };
    };
  }

  /** Returns max(x, 1 - x) for x sampled from Beta(alpha, alpha) by Jöhnk's method (1964). */
  private double share(Random random) {
    double one;
    double other;
    do {
      one = Math.pow(random.nextDouble(), 1 / alpha);
      other = Math.pow(random.nextDouble(), 1 / alpha);
    } while (one + other > 1);
    // Both underflow if alpha is tiny; then one of the images is everything.
    return one + other == 0 ? 1 : Math.max(one, other) / (one + other);
  }

  /** The partner of a batch's first image is its last one, and so on. */
  private static Batch mixed(Batch batch, double share) {
    NDManager manager = batch.getManager();
    NDList values = new NDList();
    for (NDArray each : batch.getData()) {
      try (NDArray flipped = each.flip(0)) {
        flipped.muli(1 - share);
        values.add(each.muli(share).addi(flipped));
      }
    }
    NDArray labels = batch.getLabels().singletonOrThrow();
    return new Batch(
        manager,
        values,
        new NDList(labels, labels.flip(0), manager.create((float) share)),
        batch.getSize(),
        new StackBatchifier(),
        new StackBatchifier(),
        batch.getProgress(),
        batch.getProgressTotal());
  }
}
