package dev.graft;

import java.io.Closeable;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A request to end a job early. The command line makes one on Ctrl-C; a service may call {@link
 * #request} from any thread. An instance is for one job.
 *
 * <p>A job that has something to save finishes it first ({@link #defer}). Whatever must happen even
 * if the process ends before the job does is registered with {@link #atExit}; no library code
 * installs a shutdown hook of its own.
 */
public final class Interruption {
  private final Set<Runnable> atExit = ConcurrentHashMap.newKeySet();
  private final Optional<Interruption> whole;
  private volatile boolean requested;
  private Runnable deferred;

  /** Creates the interruption of a job. */
  public Interruption() {
    this(Optional.empty());
  }

  private Interruption(Optional<Interruption> whole) {
    this.whole = whole;
  }

  /**
   * Returns the interruption of a part of this job. It is requested if this one is; a request of
   * its own ends the part only.
   */
  public Interruption part() {
    return new Interruption(Optional.of(this));
  }

  /** Returns whether the job should stop after the current step. */
  public boolean isRequested() {
    return requested || whole.filter(Interruption::isRequested).isPresent();
  }

  /**
   * Requests the end of the job.
   *
   * @return whether the job has called {@link #defer}, and so will save its results and then end by
   *     itself; false if the end was requested before. Always false for a {@link FineTuner}, which
   *     returns its best model either way
   */
  public synchronized boolean request() {
    boolean first = !requested;
    requested = true;
    if (first && deferred != null) {
      deferred.run();
    }
    return first && deferred != null;
  }

  /**
   * States that the job has something to save from now on.
   *
   * @param onRequest runs when the end is requested, for example to print a message
   */
  public synchronized void defer(Runnable onRequest) {
    deferred = onRequest;
  }

  /** Registers an action for the end of the process, until the result is closed. */
  public Closeable atExit(Runnable action) {
    atExit.add(action);
    return () -> atExit.remove(action);
  }

  /** Runs the registered actions; the program's only shutdown hook calls it. */
  public void exit() {
    atExit.forEach(Runnable::run);
  }
}
