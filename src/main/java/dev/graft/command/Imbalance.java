package dev.graft.command;

import java.util.stream.IntStream;

/**
 * How much more often one class is there than another.
 *
 * @param most pictures that a class has
 * @param least pictures that a class has
 */
record Imbalance(int most, int least) {
  /**
   * From here on a class is so much rarer than another that its share of the pictures is not fair,
   * and accuracy alone tells too little.
   */
  private static final double TOLD_FROM = 1.5;

  /** Of classes with so many pictures. */
  static Imbalance of(IntStream support) {
    int[] sorted = support.sorted().toArray();
    return sorted.length == 0
        ? new Imbalance(0, 0)
        : new Imbalance(sorted[sorted.length - 1], sorted[0]);
  }

  boolean isWorthTelling() {
    return most >= TOLD_FROM * least;
  }
}
