package dev.graft.tuning;

import java.time.Duration;

/**
 * The time by which a run ends.
 *
 * @param start on the clock of {@link System#nanoTime}
 * @param end on the clock of {@link System#nanoTime}
 * @param reserved seconds that the run needs after training, for evaluation and files
 */
public record TimeLimit(long start, long end, double reserved) {
  /** No limit: an end centuries away. */
  public static final TimeLimit NONE = after(Duration.ofNanos(Long.MAX_VALUE / 2));

  /** Returns a limit that begins now. */
  public static TimeLimit after(Duration duration) {
    long now = System.nanoTime();
    return new TimeLimit(now, now + duration.toNanos(), 0);
  }

  /** Returns the same limit for a run that needs this time after training. */
  public TimeLimit reserving(double seconds) {
    return new TimeLimit(start, end, seconds);
  }

  /** Returns the seconds since the start. */
  public double secondsGone() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Returns the share of the time that is gone, 0 to 1, and more after the end. */
  public double shareGone() {
    return (double) (System.nanoTime() - start) / (end - start);
  }

  /** Returns the seconds until the end; negative afterwards. */
  public double secondsLeft() {
    return (end - System.nanoTime()) / 1e9;
  }

  /** Returns the seconds that are left for training; negative if it should have ended. */
  public double secondsToTrain() {
    return secondsLeft() - reserved;
  }
}
