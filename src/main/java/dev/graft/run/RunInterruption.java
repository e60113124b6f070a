package dev.graft.run;

import dev.graft.Interruption;
import java.io.Closeable;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A request to end a run early. A run that has something to save finishes it first ({@link
 * #defer}). Actions that must run even if the process ends first are registered with {@link
 * #atExit}.
 */
public final class RunInterruption extends Interruption {
  private final Set<Runnable> atExit = ConcurrentHashMap.newKeySet();
  private final Optional<RunInterruption> whole;
  private Runnable deferred;

  /** Creates the interruption of a run. */
  public RunInterruption() {
    this(Optional.empty());
  }

  private RunInterruption(Optional<RunInterruption> whole) {
    this.whole = whole;
  }

  /**
   * Returns the interruption of a part of this run. It is requested if this one is; a request of
   * its own ends the part only.
   */
  RunInterruption part() {
    return new RunInterruption(Optional.of(this));
  }

  @Override
  public boolean isRequested() {
    return super.isRequested() || whole.filter(Interruption::isRequested).isPresent();
  }

  @Override
  public void request() {
    stop();
  }

  /**
   * Requests the end of the run.
   *
   * @return whether the run has called {@link #defer}, and so will save its results and then end by
   *     itself; false if the end was requested before
   */
  public synchronized boolean stop() {
    boolean first = !super.isRequested();
    super.request();
    if (first && deferred != null) {
      deferred.run();
    }
    return first && deferred != null;
  }

  /**
   * States that the run has something to save from now on.
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

  /** Runs the registered actions; called when the process ends. */
  public void exit() {
    atExit.forEach(Runnable::run);
  }
}
