package dev.graft;

import dev.graft.evaluation.History;

/**
 * Is notified while a {@link FineTuner} works. A lambda receives the epochs; the other events are
 * ignored unless their methods are overridden.
 */
@FunctionalInterface
public interface FineTuningListener {
  /** Is called when an epoch has ended. */
  void epoch(History.Epoch epoch);

  /**
   * Is called when a task makes progress.
   *
   * @param task such as {@code features} or {@code epoch 3/10}
   * @param done steps that are done, at most {@code total}
   * @param total all steps of the task
   */
  default void progress(String task, long done, long total) {}

  /** Is called with a line about what is going on, for a log. */
  default void message(String line) {}
}
