package dev.graft.run;

/** Measures wall time in laps. */
final class Stopwatch {
  private long start = System.nanoTime();

  /** Returns the seconds since it was made, or since the last lap. */
  double lap() {
    long now = System.nanoTime();
    double seconds = (now - start) / 1e9;
    start = now;
    return seconds;
  }
}
