package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.Interruption;

/** Stops an interrupted training after the current step. */
final class InterruptionListener extends TrainingListenerAdapter {
  /** Ends DJL's training loop, which has no other exit before the last epoch. */
  static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Interrupted() {
      super("interrupted", null, false, false);
    }
  }

  private final Interruption interruption;

  InterruptionListener(Interruption interruption) {
    this.interruption = interruption;
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    check();
  }

  @Override
  public void onValidationBatch(Trainer trainer, BatchData data) {
    check();
  }

  private void check() {
    if (interruption.isRequested()) {
      throw new Interrupted();
    }
  }
}
