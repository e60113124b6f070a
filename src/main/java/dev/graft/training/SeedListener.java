package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.network.djl.MaskPoolDropout;
import dev.graft.network.djl.RandomBlock;

/**
 * Restarts the random numbers of dropout at the start of every section of an epoch, so that they
 * depend on seed, epoch and step, but not on anything computed before the section. A training that
 * is resumed at the start of a section therefore gets the same random numbers as without the
 * interruption.
 */
final class SeedListener extends TrainingListenerAdapter {
  /** Steps per section: the number of masks in a pool. */
  static final int SECTION = MaskPoolDropout.MASKS;

  private final long seed;
  private int epoch;
  private int batch;

  SeedListener(long seed) {
    this.seed = seed;
  }

  /**
   * Begins at a position.
   *
   * @param epochs number of epochs before it
   * @param batches number of batches before it in its epoch, a multiple of {@link #SECTION}
   */
  void start(Trainer trainer, int epochs, int batches) {
    epoch = epochs;
    batch = batches;
    restart(trainer);
  }

  /** The forward pass of this step is done, so the next random numbers are the next step's. */
  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    if (++batch % SECTION == 0) {
      restart(trainer);
    }
  }

  @Override
  public void onEpoch(Trainer trainer) {
    start(trainer, epoch + 1, 0);
  }

  private void restart(Trainer trainer) {
    RandomBlock.seed(trainer.getModel().getBlock(), seedOf(seed, epoch, batch));
  }

  /** Mixes the position into a seed by the finalizer of SplitMix64 (Steele et al. 2014). */
  static long seedOf(long seed, int epoch, int batch) {
    long mixed = seed;
    for (int part : new int[] {epoch, batch}) {
      mixed = mixed * 0x9E3779B97F4A7C15L + part + 1;
      mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
      mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
      mixed ^= mixed >>> 31;
    }
    return mixed;
  }
}
