package dev.graft.run;

import dev.graft.tuning.Stopwatch;
import dev.graft.util.Progress;

/** Shows a task's progress, and tells a listener how long the task has taken so far. */
final class TimedProgress implements Progress {
  private final Progress shown;
  private final Listener listener;
  private final Stopwatch watch = new Stopwatch();
  private double seconds;

  /** Receives the progress. */
  interface Listener {
    /**
     * Receives a step.
     *
     * @param done number of steps done so far
     * @param seconds since the task began
     */
    void stepTo(long done, double seconds);
  }

  TimedProgress(Progress shown, Listener listener) {
    this.shown = shown;
    this.listener = listener;
  }

  @Override
  public void stepTo(long done) {
    shown.stepTo(done);
    seconds += watch.lap();
    listener.stepTo(done, seconds);
  }

  @Override
  public void close() {
    shown.close();
  }
}
