package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.util.Progress;

/** Shows a progress bar within each epoch, and reports each epoch when it ends. */
final class ProgressListener extends TrainingListenerAdapter implements AutoCloseable {
  private final TrainingEvents events;
  private final int epochs;
  private final int batches;
  private final HistoryListener history;
  private Progress progress;
  private int batch;

  /**
   * @param epochs maximum number of epochs
   * @param batches per epoch
   */
  ProgressListener(TrainingEvents events, int epochs, int batches, HistoryListener history) {
    this.events = events;
    this.epochs = epochs;
    this.batches = batches;
    this.history = history;
  }

  /** Continues an epoch of which these batches are done. */
  void resume(int batches) {
    batch = batches;
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    if (progress == null) {
      String task = "epoch " + (history.epochs() + 1) + "/" + epochs;
      progress = events.progress(task, "batches", batches);
    }
    progress.stepTo(++batch);
  }

  @Override
  public void onEpoch(Trainer trainer) {
    close();
    events.epoch(history.history(), epochs, history.decision());
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
    batch = 0;
  }
}
