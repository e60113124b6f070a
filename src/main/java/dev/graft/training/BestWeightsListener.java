package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;

/** Copies the trained weights after each epoch that improves on the best one so far. */
final class BestWeightsListener extends TrainingListenerAdapter {
  private final HistoryListener history;
  private final WeightSnapshot best;

  BestWeightsListener(HistoryListener history, WeightSnapshot best) {
    this.history = history;
    this.best = best;
  }

  @Override
  public void onEpoch(Trainer trainer) {
    if (history.decision() == EarlyStopping.Decision.IMPROVED) {
      best.save();
    }
  }
}
