package dev.graft;

import dev.graft.evaluation.History;

/**
 * Receives the events of a {@link FineTuner}. A lambda receives the epochs; the other events are
 * ignored unless their methods are overridden.
 */
@FunctionalInterface
public interface FineTuningListener {
  /** Called when an epoch has ended. */
  void epoch(History.Epoch epoch);

  /**
   * Called when a task makes progress.
   *
   * @param task such as {@code features} or {@code epoch 3/10}
   * @param done steps that are done: images, batches or, of a download, bytes
   * @param total all steps of the task; negative if unknown
   */
  default void progress(String task, long done, long total) {}

  /** Called with a status line, for a log. */
  default void message(String line) {}
}
