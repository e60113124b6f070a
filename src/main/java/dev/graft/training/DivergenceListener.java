package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.GraftException;

/**
 * Ends the training with an error if the loss of an epoch is NaN, as Keras's {@code
 * TerminateOnNaN}.
 */
final class DivergenceListener extends TrainingListenerAdapter {
  private final HistoryListener history;

  DivergenceListener(HistoryListener history) {
    this.history = history;
  }

  @Override
  public void onEpoch(Trainer trainer) {
    float train = trainer.getTrainingResult().getTrainLoss();
    float validation = trainer.getTrainingResult().getValidateLoss();
    if (Float.isNaN(train) || Float.isNaN(validation)) {
      throw GraftException.of(
          "The loss is NaN after epoch %d. Lower learning-rate"
              + " (and backbone-learning-rate, if stages are unfrozen).",
          history.epochs());
    }
  }
}
