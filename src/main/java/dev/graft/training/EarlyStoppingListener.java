package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;

/**
 * Stops the training as {@link EarlyStopping} decides. (DJL's listener of this name compares with
 * the previous epoch, not with the best one.) Must be the last listener: it ends DJL's training
 * loop by an exception, because the loop has no other exit before the last epoch.
 */
final class EarlyStoppingListener extends TrainingListenerAdapter {
  /** Leaves {@code EasyTrain.fit}. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("early stopping", null, false, false);
    }
  }

  private final HistoryListener history;
  private final int epochs;

  /**
   * @param epochs maximum number of epochs
   */
  EarlyStoppingListener(HistoryListener history, int epochs) {
    this.history = history;
    this.epochs = epochs;
  }

  @Override
  public void onEpoch(Trainer trainer) {
    if (history.decision() == EarlyStopping.Decision.STOP && history.epochs() < epochs) {
      throw new Stopped();
    }
  }
}
