package dev.graft.command;

import java.util.stream.IntStream;

/**
 * The largest and the smallest class.
 *
 * @param largest images of the largest class
 * @param smallest images of the smallest class
 */
record Imbalance(int largest, int smallest) {
  /** From this ratio on, accuracy alone is misleading: it mostly measures the large classes. */
  private static final double MIN_RATIO = 1.5;

  /** Compares classes by their numbers of images. */
  static Imbalance of(IntStream support) {
    int[] sorted = support.sorted().toArray();
    return sorted.length == 0
        ? new Imbalance(0, 0)
        : new Imbalance(sorted[sorted.length - 1], sorted[0]);
  }

  boolean isWorthReporting() {
    return largest >= MIN_RATIO * smallest;
  }
}
