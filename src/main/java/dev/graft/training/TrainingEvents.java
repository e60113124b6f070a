package dev.graft.training;

import dev.graft.Progress;
import dev.graft.evaluation.History;

/** Receives the events of a training; by default nothing happens. */
public interface TrainingEvents extends Progress.Display {
  /** Ignores all events. */
  TrainingEvents NONE = new TrainingEvents() {};

  @Override
  default Progress progress(String task, String unit, long total) {
    return Progress.NONE;
  }

  @Override
  default void say(String line) {}

  /**
   * An epoch has ended.
   *
   * @param history up to this epoch
   * @param epochs maximum number of epochs
   * @param bestEpoch from 1; 0 while there is none
   */
  default void epoch(History history, int epochs, EarlyStopping.Decision decision, int bestEpoch) {}

  /** Training stops because no epoch improved for {@code patience} epochs. */
  default void stoppedEarly(int patience) {}

  /** The weights of the best epoch have been restored. */
  default void restored(int bestEpoch) {}
}
