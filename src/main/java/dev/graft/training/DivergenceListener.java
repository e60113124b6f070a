package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.GraftException;

/** Ends a training whose loss is NaN with an error, as Keras's {@code TerminateOnNaN} does. */
final class DivergenceListener extends TrainingListenerAdapter {
  @Override
  public void onEpoch(Trainer trainer) {
    float train = trainer.getTrainingResult().getTrainLoss();
    float validation = trainer.getTrainingResult().getValidateLoss();
    if (Float.isNaN(train) || Float.isNaN(validation)) {
      throw GraftException.of(
          "The loss is not a number after epoch %d: the steps were too large; lower learning-rate"
              + " (and backbone-learning-rate, if stages are unfrozen).",
          trainer.getTrainingResult().getEpoch());
    }
  }
}
