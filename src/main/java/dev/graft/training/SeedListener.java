package dev.graft.training;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;

/**
 * Restarts the engine's random numbers at the start of every section of an epoch, so that dropout
 * depends on seed, epoch and step, but not on anything computed before the section. A training that
 * continues at the start of a section therefore draws what an undisturbed one would have drawn.
 */
final class SeedListener extends TrainingListenerAdapter {
  /** Steps per section: the number of masks that dropout draws at once. */
  static final int SECTION = 64;

  private final long seed;
  private final Shape[] inputs;
  private int epoch;
  private int batch;

  /**
   * @param seed of the recipe
   * @param inputs shapes of the network's inputs
   */
  SeedListener(long seed, Shape... inputs) {
    this.seed = seed;
    this.inputs = inputs.clone();
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
    trainer.getManager().getEngine().setRandomSeed(seedOf(seed, epoch, batch));
    // Discards the masks that dropout blocks have drawn; parameters keep their values.
    trainer
        .getModel()
        .getBlock()
        .initialize(trainer.getModel().getNDManager(), DataType.FLOAT32, inputs);
  }

  /** Mixes the position into a seed by the finalizer of SplitMix64 (Steele et al. 2014). */
  static int seedOf(long seed, int epoch, int batch) {
    long mixed = seed;
    for (int part : new int[] {epoch, batch}) {
      mixed = mixed * 0x9E3779B97F4A7C15L + part + 1;
      mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
      mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
      mixed ^= mixed >>> 31;
    }
    return Long.hashCode(mixed);
  }
}
