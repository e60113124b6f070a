package dev.graft.training;

import dev.graft.evaluation.History;

/**
 * The rule of Keras's {@code EarlyStopping} for a loss. An epoch improves if its loss is below the
 * best so far by more than {@code minDelta}; training stops after {@code patience} epochs in a row
 * without improvement, but never after the first epoch. A NaN loss never improves.
 *
 * @param patience epochs to wait for an improvement, at least 0
 * @param minDelta how far below the best loss an improvement must be, at least 0
 */
public record EarlyStopping(int patience, double minDelta) {
  /** The decision after an epoch. */
  public enum Decision {
    IMPROVED,
    WAIT,
    STOP
  }

  /**
   * The outcome of an epoch.
   *
   * @param bestEpoch the epoch with the best loss, from 1; 0 while there is none
   */
  public record Outcome(Decision decision, int bestEpoch) {}

  /**
   * Decides whether training goes on.
   *
   * @param losses validation loss of each epoch so far, in order; at least one
   */
  public Outcome after(double... losses) {
    int bestEpoch = History.bestEpoch(minDelta, losses);
    int epoch = losses.length;
    if (bestEpoch == epoch) {
      return new Outcome(Decision.IMPROVED, bestEpoch);
    }
    boolean exhausted = epoch - bestEpoch >= patience && epoch > 1;
    return new Outcome(exhausted ? Decision.STOP : Decision.WAIT, bestEpoch);
  }

  /** Returns whether training stopped after these epochs, of which there may be none. */
  boolean hasStopped(double... losses) {
    return losses.length > 0 && after(losses).decision() == Decision.STOP;
  }
}
