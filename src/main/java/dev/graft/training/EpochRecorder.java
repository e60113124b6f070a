package dev.graft.training;

import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.evaluation.History;
import java.util.function.IntToDoubleFunction;

/**
 * Listens to a training: keeps its history, tells of it, and stops it. Must come after DJL's epoch
 * and evaluator listeners, whose figures it reads.
 */
final class EpochRecorder extends TrainingListenerAdapter {
  /** Thrown through DJL's training loop, which has no other way out before the last epoch. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("early stopping", null, false, false);
    }
  }

  private final TrainingEvents events;
  private final int epochs;
  private final int batches;
  private final EarlyStopping earlyStopping;
  private final IntToDoubleFunction learningRate;
  private final Runnable onBest;

  private History history = History.empty();
  private Progress progress;
  private long epochStart = System.nanoTime();
  private int batch;

  /**
   * @param batches a training epoch has
   * @param learningRate at a step from 0, for the record
   * @param onBest called after each epoch that improves
   */
  EpochRecorder(
      TrainingEvents events,
      int epochs,
      int batches,
      EarlyStopping earlyStopping,
      IntToDoubleFunction learningRate,
      Runnable onBest) {
    this.events = events;
    this.epochs = epochs;
    this.batches = batches;
    this.earlyStopping = earlyStopping;
    this.learningRate = learningRate;
    this.onBest = onBest;
  }

  History history() {
    return history;
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData data) {
    if (progress == null) {
      progress =
          events.progress(
              "epoch " + (history.epochs().size() + 1) + "/" + epochs, "batches", batches);
    }
    progress.stepTo(++batch);
  }

  @Override
  public void onEpoch(Trainer trainer) {
    endProgress();
    int number = history.epochs().size() + 1;
    long now = System.nanoTime();
    TrainingResult result = trainer.getTrainingResult();
    History.Epoch epoch =
        new History.Epoch(
            number,
            result.getTrainLoss(),
            result.getTrainEvaluation("Accuracy"),
            result.getValidateLoss(),
            result.getValidateEvaluation("Accuracy"),
            learningRate.applyAsDouble(number * batches - 1),
            (now - epochStart) / 1e9);
    epochStart = now;
    history = history.plus(epoch);
    if (Double.isNaN(epoch.trainLoss()) || Double.isNaN(epoch.validationLoss())) {
      throw new GraftException(
          "The loss is not a number after epoch "
              + number
              + ": the steps were too large; lower learning-rate"
              + " (and backbone-learning-rate, if stages are unfrozen).");
    }
    EarlyStopping.Decision decision = earlyStopping.next(epoch.validationLoss());
    events.epoch(history, epochs, decision, earlyStopping.bestEpoch());
    if (decision == EarlyStopping.Decision.IMPROVED) {
      onBest.run();
    } else if (decision == EarlyStopping.Decision.STOP && number < epochs) {
      throw new Stopped();
    }
  }

  private void endProgress() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
    batch = 0;
  }

  @Override
  public void onTrainingEnd(Trainer trainer) {
    endProgress();
  }
}
