package dev.graft.run;

import dev.graft.data.Split;
import dev.graft.evaluation.History;
import dev.graft.output.RunRecord;
import dev.graft.training.EarlyStopping;
import dev.graft.training.TrainingEvents;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SpeedProbe;
import dev.graft.tuning.TimeLimit;
import dev.graft.util.Progress;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Passes the events of a run's training on, and ends the training before its time is over. From the
 * first improvement on, there is a model to save, and training can end after any step; if the time
 * is over before, the epoch ends, so that its weights can be validated.
 */
final class TimedEvents implements TrainingEvents {
  /** An epoch begins only if at least this share of it fits into the time that is left. */
  private static final double MIN_SHARE = 0.9;

  private final RunEvents events;
  private final TimeLimit limit;
  private final RunInterruption interruption;

  /** Interrupts the training only, when its time is over. */
  private final RunInterruption fitting;

  /** Number of images that are evaluated after the training. */
  private final int evaluated;

  /** Time of a validation, in training steps. */
  private final double validation;

  private boolean canStop;
  private boolean timeIsUp;
  private int epoch = 1;
  private OptionalDouble cutShare = OptionalDouble.empty();
  private OptionalInt restored = OptionalInt.empty();
  private Optional<RunRecord.Resumed> resumed = Optional.empty();

  /**
   * @param interruption of the run
   */
  TimedEvents(
      RunEvents events, TimeLimit limit, RunInterruption interruption, Split split, int batchSize) {
    this.events = events;
    this.limit = limit;
    this.interruption = interruption;
    fitting = interruption.part();
    evaluated = split.validation().length + split.test().length;
    validation = SpeedProbe.FORWARD * split.validation().length / batchSize;
  }

  /** Returns the interruption of the training alone. */
  RunInterruption fitting() {
    return fitting;
  }

  /** Returns whether training was ended because its time was over. */
  boolean timeIsUp() {
    return timeIsUp;
  }

  /** Returns the part of an epoch that was trained, if it was ended; otherwise 1. */
  double trainedShare() {
    return cutShare.orElse(1);
  }

  /** Returns the epoch whose weights were restored after the training. */
  OptionalInt restored() {
    return restored;
  }

  /** Returns where the training was resumed, in this process. */
  Optional<RunRecord.Resumed> resumed() {
    return resumed;
  }

  @Override
  public void epoch(History history, int epochs, EarlyStopping.Decision decision) {
    epoch++;
    if (decision == EarlyStopping.Decision.IMPROVED) {
      int best = history.epochs().size();
      interruption.defer(() -> events.stopping(best, evaluated));
      if (cutShare.isEmpty()) { // otherwise epochCut has said so
        fitting.defer(() -> events.timeIsUp(best));
      }
      canStop = true;
    }
    if (history.epochs().size() == epochs || decision == EarlyStopping.Decision.STOP) {
      trained();
    }
    events.epoch(history, epochs, decision); // once it is printed, signals are deferred
    double next = history.epochs().get(history.epochs().size() - 1).seconds();
    if (cutShare.isPresent()) {
      stopWithout(Double.POSITIVE_INFINITY);
    } else if (canStop && history.epochs().size() < epochs) {
      stopWithout(next * MIN_SHARE);
    }
  }

  /** Tells what a signal does after the last epoch. */
  private void trained() {
    interruption.defer(
        () ->
            events.say(
                "Interrupted after the training: its model is kept, and the run ends once its"
                    + " results are written. A second signal ends it at once."));
  }

  @Override
  public boolean endsEpoch() {
    return cutShare.isPresent();
  }

  @Override
  public void resumed(History history, int batch, int batches) {
    resumed = Optional.of(new RunRecord.Resumed(history.epochs().size(), batch));
    events.resumed(history, batch, batches);
    if (!history.epochs().isEmpty()) {
      int best = history.best().epoch();
      interruption.defer(() -> events.stopping(best, evaluated));
    }
  }

  @Override
  public void stoppedEarly(int patience) {
    events.stoppedEarly(patience);
  }

  @Override
  public void restored(int bestEpoch, int epochs) {
    restored = OptionalInt.of(bestEpoch);
    events.restored(bestEpoch, epochs);
  }

  @Override
  public Progress progress(String task, String unit, long total) {
    if (!hasModel()) {
      // The engine's threads would crash in a process that ends during their step.
      interruption.defer(() -> events.say("Interrupted: the run ends after this step."));
    }
    return new TimedProgress(
        events.progress(task, unit, total),
        (done, seconds) -> {
          double batch = seconds / Math.max(1, done - 1); // the time is from the first batch on
          if (canStop) {
            stopWithout(0);
          } else if (done < total && limit.secondsToTrain() < batch * validation) {
            timeIsUp = true;
            cutShare = OptionalDouble.of((double) done / total);
            events.epochCut(epoch, done, total);
          }
        });
  }

  private boolean hasModel() {
    return canStop || resumed.filter(from -> from.epochs() > 0).isPresent();
  }

  @Override
  public void say(String line) {
    events.say(line);
  }

  /** Stops training unless this many seconds are left for it. */
  private void stopWithout(double seconds) {
    if (!fitting.isRequested() && limit.secondsToTrain() < seconds) {
      timeIsUp = true;
      fitting.request();
    }
  }
}
