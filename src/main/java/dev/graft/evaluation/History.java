package dev.graft.evaluation;

import dev.graft.GraftException;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Losses and metrics per epoch of a training.
 *
 * @param epochs numbered 1, 2, 3 … without a gap
 * @param minDelta how far below the best validation loss so far that of a better epoch must be, at
 *     least 0
 */
public record History(List<Epoch> epochs, double minDelta) {
  private static final String HEADER =
      "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds\n";

  /**
   * One pass over the training images. A loss or accuracy is NaN where the training diverged.
   *
   * @param epoch from 1
   * @param trainLoss mean over the epoch's batches, taken while the weights change
   * @param trainAccuracy 0 to 1, mean over the epoch's batches, taken while the weights change
   * @param validationLoss at the epoch's end
   * @param validationAccuracy at the epoch's end, 0 to 1
   * @param learningRate at the epoch's end
   * @param seconds wall time, validation included
   */
  public record Epoch(
      int epoch,
      double trainLoss,
      double trainAccuracy,
      double validationLoss,
      double validationAccuracy,
      double learningRate,
      double seconds) {
    private String toCsv() {
      return Text.of(
          "%d,%s,%s,%s,%s,%s,%.2f\n",
          epoch,
          (float) trainLoss,
          (float) trainAccuracy,
          (float) validationLoss,
          (float) validationAccuracy,
          (float) learningRate,
          seconds);
    }
  }

  public History {
    epochs = List.copyOf(epochs);
    for (int i = 0; i < epochs.size(); i++) {
      if (epochs.get(i).epoch() != i + 1) {
        throw new IllegalArgumentException(
            Text.of(
                "Epochs must be numbered from 1 without a gap; expected %d, got %d",
                i + 1, epochs.get(i).epoch()));
      }
    }
  }

  /** Creates a history in which any lower validation loss is better. */
  public History(List<Epoch> epochs) {
    this(epochs, 0);
  }

  /** Returns a history without epochs. */
  public static History empty() {
    return new History(List.of());
  }

  /**
   * Reads a row that {@link #toCsv} wrote; losses and accuracies in float32 are exactly as before.
   *
   * @throws IllegalArgumentException if a number is damaged
   * @throws IndexOutOfBoundsException if the row is too short
   */
  public static Epoch epochOfCsv(List<String> row) {
    float[] n = new float[5];
    for (int i = 1; i < n.length; i++) {
      n[i] = Float.parseFloat(row.get(i));
    }
    int epoch = (int) Double.parseDouble(row.get(0));
    double rate = Double.parseDouble(row.get(5));
    double seconds = Double.parseDouble(row.get(6));
    return new Epoch(epoch, n[1], n[2], n[3], n[4], rate, seconds);
  }

  /** Returns a history with one more epoch; this one stays as it is. */
  public History plus(Epoch epoch) {
    var longer = new ArrayList<>(epochs);
    longer.add(epoch);
    return new History(longer, minDelta);
  }

  /** Returns the same epochs under another {@link #minDelta}. */
  public History withMinDelta(double other) {
    return new History(epochs, other);
  }

  /** Returns the validation loss of each epoch. */
  public double[] validationLosses() {
    return epochs.stream().mapToDouble(Epoch::validationLoss).toArray();
  }

  /**
   * Returns the best epoch, whose weights early stopping restores: the last whose loss is below
   * that of the best before it by more than {@code minDelta}, as in Keras. NaN and infinite losses
   * are ignored.
   *
   * @param minDelta how far below the best loss so far that of a better epoch must be
   * @param losses validation loss of each epoch, in order
   * @return from 1; 0 if there is none
   */
  public static int bestEpoch(double minDelta, double... losses) {
    double best = Double.POSITIVE_INFINITY;
    int bestEpoch = 0;
    for (int i = 0; i < losses.length; i++) {
      if (Double.isFinite(losses[i]) && losses[i] < best - minDelta) {
        best = losses[i];
        bestEpoch = i + 1;
      }
    }
    return bestEpoch;
  }

  /**
   * Returns the best epoch, see {@link #bestEpoch}: the one with the lowest validation loss, the
   * earliest of equals, if {@link #minDelta} is 0.
   */
  public Optional<Epoch> findBest() {
    int best = bestEpoch(minDelta, validationLosses());
    return best == 0 ? Optional.empty() : Optional.of(epochs.get(best - 1));
  }

  /** Returns {@link #findBest()}; fails if there is none. */
  public Epoch best() {
    return findBest()
        .orElseThrow(
            () ->
                GraftException.of(
                    "None of the %d epochs has a finite validation loss, so none is the best;"
                        + " if the training diverged, lower learning-rate.",
                    epochs.size()));
  }

  /**
   * Returns one row per epoch: the seconds with two decimals, the other figures in the fewest
   * digits that give the same float32 number, which is what the training computes.
   */
  public String toCsv() {
    var csv = new StringBuilder(HEADER);
    epochs.forEach(epoch -> csv.append(epoch.toCsv()));
    return csv.toString();
  }
}
