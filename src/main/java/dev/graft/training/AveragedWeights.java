package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.translate.TranslateException;
import ai.djl.util.Progress;
import java.io.IOException;
import java.util.List;

/**
 * The exponential moving averages of the trained weights over the steps. They take the weights'
 * place from the validation of an epoch until its end, so they are what is validated and kept. Must
 * come after the listener that keeps the best weights.
 *
 * <p>As in TensorFlow's {@code ExponentialMovingAverage} with a number of updates, the first
 * averages are over few steps: the decay of update {@code t} is at most {@code (1 + t) / (10 + t)}.
 */
final class AveragedWeights extends TrainingListenerAdapter implements AutoCloseable {
  private static final int SLOW = 10; // TensorFlow's

  private final double decay;
  private final WeightSnapshot averages;
  private final WeightSnapshot weights;
  private long updates;

  /**
   * @param decay in [0, 1); 0 for no averages
   * @param averages for the averages, empty
   * @param weights for the weights while the averages take their place, empty
   */
  AveragedWeights(double decay, WeightSnapshot averages, WeightSnapshot weights) {
    this.decay = decay;
    this.averages = averages;
    this.weights = weights;
  }

  boolean isOff() {
    return decay == 0;
  }

  /** Updates the averages by the weights after a step. */
  void update() {
    if (isOff()) {
      return;
    }
    if (averages.copies().isEmpty()) {
      averages.save();
    }
    double share = 1 - Math.min(decay, (1.0 + updates) / (SLOW + updates));
    updates++;
    List<NDArray> all = averages.copies();
    for (int i = 0; i < all.size(); i++) {
      try (NDArray added = averages.trained().get(i).getArray().mul(share)) {
        all.get(i).muli(1 - share).addi(added);
      }
    }
  }

  /** Returns the same images; when their batches are requested, the averages become the weights. */
  Dataset before(Dataset images) {
    return new Dataset() {
      @Override
      public Iterable<Batch> getData(NDManager manager) throws IOException, TranslateException {
        if (!isOff()) {
          weights.save();
          averages.restore();
        }
        return images.getData(manager);
      }

      @Override
      public void prepare(Progress progress) throws IOException, TranslateException {
        images.prepare(progress);
      }
    };
  }

  @Override
  public void onEpoch(Trainer trainer) {
    weights.restore();
  }

  /** Replaces the weights by the averages, if there are any. */
  void use() {
    averages.restore();
  }

  /** Returns the averages in the order of the parameters; empty before the first step. */
  List<NDArray> values() {
    return averages.copies();
  }

  /**
   * Restores averages.
   *
   * @param saved as {@link #values} returned them
   * @param steps before they were saved
   */
  void resume(List<NDArray> saved, int steps) {
    averages.setCopies(saved);
    updates = steps;
  }

  @Override
  public void close() {
    averages.close();
    weights.close();
  }
}
