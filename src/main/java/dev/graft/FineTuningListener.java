package dev.graft;

import dev.graft.evaluation.History;

/** Receives the events of a {@link FineTuner}; the default methods ignore them. */
public interface FineTuningListener {
  /** Called at the end of each epoch. */
  default void epoch(History.Epoch epoch) {}

  /**
   * Called when a task makes progress.
   *
   * @param task its name, such as {@code features} or {@code epoch 3/10}
   * @param done completed steps, at most {@code total}
   * @param total all steps of the task
   */
  default void progress(String task, long done, long total) {}

  /** Called with a status line, for a log. */
  default void message(String line) {}
}
