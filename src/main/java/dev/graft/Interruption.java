package dev.graft;

/**
 * A request to end a job early, such as {@link FineTuner#fit}. {@link #request} may be called from
 * any thread. An instance is for one job.
 */
public class Interruption {
  private volatile boolean requested;

  /** Creates the interruption of a job. */
  public Interruption() {}

  /** Returns whether the job should stop after the current step. */
  public boolean isRequested() {
    return requested;
  }

  /** Requests the end of the job. */
  public void request() {
    requested = true;
  }
}
