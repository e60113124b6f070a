package dev.graft.evaluation;

import dev.graft.GraftException;
import dev.graft.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What happened in each epoch of a training, in order.
 *
 * @param epochs numbered 1, 2, 3 … without a gap
 */
public record History(List<Epoch> epochs) {
  private static final String HEADER =
      "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds\n";

  /**
   * One pass over the training pictures. A loss or accuracy may be NaN: a training that diverges is
   * recorded as it was.
   *
   * @param epoch from 1
   * @param trainLoss mean over the epoch's batches, while the weights changed
   * @param trainAccuracy likewise, 0 to 1
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
          trainLoss,
          trainAccuracy,
          validationLoss,
          validationAccuracy,
          learningRate,
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

  public static History empty() {
    return new History(List.of());
  }

  /**
   * Reads what {@link #toCsv} wrote.
   *
   * @param rows the header first
   * @throws IllegalArgumentException for anything else
   */
  public static History ofCsv(List<List<String>> rows) {
    List<Epoch> epochs = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      double[] n = row.stream().mapToDouble(Double::parseDouble).toArray();
      epochs.add(new Epoch((int) n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
    }
    return new History(epochs);
  }

  public History plus(Epoch epoch) {
    var longer = new ArrayList<>(epochs);
    longer.add(epoch);
    return new History(longer);
  }

  /**
   * The earliest epoch of the lowest validation loss. A loss that is NaN or infinite never wins.
   */
  public Optional<Epoch> findBest() {
    return epochs.stream()
        .filter(epoch -> Double.isFinite(epoch.validationLoss()))
        .min(Comparator.comparingDouble(Epoch::validationLoss));
  }

  /** {@link #findBest()}, where training that has none is a failure. */
  public Epoch best() {
    return findBest()
        .orElseThrow(
            () ->
                GraftException.of(
                    "None of the %d epochs has a finite validation loss, so none is the best; if"
                        + " the training diverged, lower learning-rate.",
                    epochs.size()));
  }

  /** A row an epoch; each number but the seconds with all the digits that tell it apart. */
  public String toCsv() {
    var csv = new StringBuilder(HEADER);
    epochs.forEach(epoch -> csv.append(epoch.toCsv()));
    return csv.toString();
  }
}
