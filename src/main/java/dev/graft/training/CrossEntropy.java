package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Categorical cross-entropy of softmax(logits) with the one-hot truth, in which a share of the
 * truth may be spread evenly over all classes (label smoothing, Szegedy et al. 2015). Means are
 * over pictures, as in Keras; DJL's own losses average over batches, however small the last.
 */
final class CrossEntropy extends Loss {
  private final double smoothing;
  private final Map<String, Double> sums = new ConcurrentHashMap<>();

  CrossEntropy(double smoothing) {
    super("loss");
    this.smoothing = smoothing;
  }

  /**
   * @param labels {@code (N)}, indices of classes
   * @param predictions {@code (N, classes)}, logits
   * @return the mean over the batch, a scalar
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray logProbabilities = predictions.singletonOrThrow().logSoftmax(1);
    int classes = Math.toIntExact(logProbabilities.getShape().get(1));
    NDArray truth = labels.singletonOrThrow().oneHot(classes);
    if (smoothing > 0) {
      truth = truth.mul(1 - smoothing).add(smoothing / classes);
    }
    return truth.mul(logProbabilities).sum().neg().div(labels.singletonOrThrow().size());
  }

  @Override
  public void addAccumulator(String key) {
    resetAccumulator(key);
  }

  @Override
  public void updateAccumulator(String key, NDList labels, NDList predictions) {
    updateAccumulators(new String[] {key}, labels, predictions);
  }

  /** Overrides, but not in DJL 0.25.0, which calls the above once a key. */
  @SuppressWarnings("MissingOverride")
  public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
    long count = labels.singletonOrThrow().size();
    double sum = evaluate(labels, predictions).getFloat() * (double) count;
    for (String key : keys) {
      sums.merge(key, sum, Double::sum);
      totalInstances.merge(key, count, Long::sum);
    }
  }

  @Override
  public void resetAccumulator(String key) {
    sums.put(key, 0.0);
    totalInstances.put(key, 0L);
  }

  @Override
  public float getAccumulator(String key) {
    long count = totalInstances.get(key);
    return count == 0 ? Float.NaN : (float) (sums.get(key) / count);
  }
}
