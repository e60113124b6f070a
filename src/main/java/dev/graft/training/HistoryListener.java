package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.evaluation.History;
import java.util.function.IntToDoubleFunction;

/**
 * Records loss, accuracy, learning rate and seconds of each epoch, and decides by {@link
 * EarlyStopping}. Reads the results of the epoch and evaluator listeners and must come after them.
 */
final class HistoryListener extends TrainingListenerAdapter {
  private final EarlyStopping earlyStopping;
  private final IntToDoubleFunction learningRate;
  private History history;
  private long epochStart = System.nanoTime();
  private int steps;

  /**
   * @param learningRate learning rate at a step, counted from 0
   */
  HistoryListener(EarlyStopping earlyStopping, IntToDoubleFunction learningRate) {
    this.earlyStopping = earlyStopping;
    history = History.empty().withMinDelta(earlyStopping.minDelta());
    this.learningRate = learningRate;
  }

  /**
   * Continues an earlier training.
   *
   * @param earlier its epochs
   * @param step number of its training steps
   * @param seconds that the next epoch took so far
   */
  void resume(History earlier, int step, double seconds) {
    steps = step;
    history = earlier.withMinDelta(history.minDelta());
    epochStart = System.nanoTime() - Math.round(seconds * 1e9);
  }

  /** Returns the seconds since the last epoch ended. */
  double secondsOfEpoch() {
    return (System.nanoTime() - epochStart) / 1e9;
  }

  /** Returns the epochs so far. */
  History history() {
    return history;
  }

  /** Returns the decision of early stopping after the epochs so far. */
  EarlyStopping.Decision decision() {
    return earlyStopping.after(history.validationLosses());
  }

  /** Returns the number of epochs so far. */
  int epochs() {
    return history.epochs().size();
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    steps++;
  }

  @Override
  public void onEpoch(Trainer trainer) {
    int number = epochs() + 1;
    long now = System.nanoTime();
    TrainingResult result = trainer.getTrainingResult();
    history =
        history.plus(
            new History.Epoch(
                number,
                result.getTrainLoss(),
                result.getTrainEvaluation("Accuracy"),
                result.getValidateLoss(),
                result.getValidateEvaluation("Accuracy"),
                learningRate.applyAsDouble(steps - 1),
                (now - epochStart) / 1e9));
    epochStart = now;
  }
}
