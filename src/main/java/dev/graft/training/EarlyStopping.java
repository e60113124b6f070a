package dev.graft.training;

/**
 * When to stop, as Keras's {@code EarlyStopping} decides it for a loss: an epoch improves if its
 * loss is below the best so far by more than {@code minDelta}; after {@code patience} epochs in a
 * row without improvement training stops, though never after the first. A loss that is not a number
 * never improves.
 */
public final class EarlyStopping {
  /** What follows from an epoch's loss. */
  public enum Decision {
    IMPROVED,
    WAIT,
    STOP
  }

  private final int patience;
  private final double minDelta;
  private double best = Double.POSITIVE_INFINITY;
  private int bestEpoch;
  private int epoch;
  private int waited;

  EarlyStopping(int patience, double minDelta) {
    this.patience = patience;
    this.minDelta = minDelta;
  }

  /** Takes the loss of the next epoch. */
  Decision next(double loss) {
    epoch++;
    waited++;
    if (loss < best - minDelta) {
      best = loss;
      bestEpoch = epoch;
      waited = 0;
      return Decision.IMPROVED;
    }
    return waited >= patience && epoch > 1 ? Decision.STOP : Decision.WAIT;
  }

  /** The epoch with the best loss so far, from 1; 0 while there is none. */
  int bestEpoch() {
    return bestEpoch;
  }
}
