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
   * Decides whether training goes on.
   *
   * @param losses validation loss of each epoch so far, in order
   */
  public Decision after(double... losses) {
    int bestEpoch = History.bestEpoch(minDelta, losses);
    int epoch = losses.length;
    if (bestEpoch == epoch) {
      return Decision.IMPROVED;
    }
    return epoch - bestEpoch >= patience && epoch > 1 ? Decision.STOP : Decision.WAIT;
  }
}
