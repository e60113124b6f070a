package dev.graft.training;

import dev.graft.evaluation.History;
import dev.graft.util.Progress;

/** Receives the events of a training; by default ignores them. */
public interface TrainingEvents extends Progress.Display {
  /** Ignores all events. */
  TrainingEvents NONE = new TrainingEvents() {};

  /** Returns whether the current epoch ends after this batch, before all images were shown. */
  default boolean endsEpoch() {
    return false;
  }

  /**
   * Called after each epoch.
   *
   * @param history up to this epoch
   * @param epochs maximum number of epochs
   * @param decision of early stopping
   */
  default void epoch(History history, int epochs, EarlyStopping.Decision decision) {}

  /**
   * Called if the training continues from a checkpoint.
   *
   * @param history the epochs before it
   * @param batch number of finished batches of the next epoch
   * @param batches per epoch
   */
  default void resumed(History history, int batch, int batches) {}

  /**
   * Called if training stops because {@code patience} epochs in a row did not improve the
   * validation loss.
   */
  default void stoppedEarly(int patience) {}

  /**
   * Called when the weights are those of the best epoch.
   *
   * @param epochs that were finished; equal to {@code bestEpoch} if the last one was the best
   */
  default void restored(int bestEpoch, int epochs) {}
}
