package dev.graft.tuning;

/** Measures wall time in laps. */
public final class Stopwatch {
  private long start = System.nanoTime();

  /** Returns the seconds since the last lap, or since the start. */
  public double lap() {
    long now = System.nanoTime();
    double seconds = (now - start) / 1e9;
    start = now;
    return seconds;
  }
}
