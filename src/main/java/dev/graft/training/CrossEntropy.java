package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Categorical cross-entropy of softmax(logits) with the one-hot truth, in which a share of the
 * truth may be spread evenly over all classes (label smoothing, Szegedy et al. 2015), and in which
 * classes may count differently. Means are over pictures, as in Keras; DJL's own losses average
 * over batches, however small the last.
 */
final class CrossEntropy extends Loss {
  private final double smoothing;
  private final float[] classWeights;
  private final Map<String, Double> sums = new ConcurrentHashMap<>();

  /**
   * @param smoothing share of the truth that is spread over all classes
   * @param classWeights by which the loss of a class's pictures is multiplied; empty for none
   */
  CrossEntropy(double smoothing, float... classWeights) {
    super("loss");
    this.smoothing = smoothing;
    this.classWeights = classWeights.clone();
  }

  /**
   * As scikit-learn's {@code balanced}: pictures / (classes * pictures of the class), so that every
   * class counts the same, and a picture 1 on average; empty where that is 1 for all. Classes
   * without pictures have weight 0.
   *
   * @param labels of the training pictures
   */
  static float[] balanced(int[] labels, int classes) {
    int[] support = new int[classes];
    for (int label : labels) {
      support[label]++;
    }
    if (Arrays.stream(support).distinct().count() == 1) {
      return new float[0];
    }
    float[] weights = new float[classes];
    for (int c = 0; c < classes; c++) {
      weights[c] = support[c] == 0 ? 0 : (float) labels.length / (classes * support[c]);
    }
    return weights;
  }

  /**
   * What training goes down on: classes count by their weights here. (The figures of an epoch are
   * plain, as in Keras: of a rare class there are few validation pictures, and what hangs on few
   * heavy ones is no ground for a decision.)
   *
   * @param labels {@code (N)}, indices of classes
   * @param predictions {@code (N, classes)}, logits
   * @return the mean over the batch, a scalar
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    return mean(labels.singletonOrThrow(), predictions.singletonOrThrow(), classWeights);
  }

  private NDArray mean(NDArray labels, NDArray logits, float[] weights) {
    NDArray logProbabilities = logits.logSoftmax(1);
    int classes = Math.toIntExact(logProbabilities.getShape().get(1));
    NDArray oneHot = labels.oneHot(classes);
    NDArray truth = smoothing > 0 ? oneHot.mul(1 - smoothing).add(smoothing / classes) : oneHot;
    NDArray losses = truth.mul(logProbabilities).neg(); // (N, classes)
    if (weights.length > 0) {
      NDArray byClass = logits.getManager().create(weights, new Shape(1, classes));
      losses = losses.mul(oneHot.mul(byClass).sum(new int[] {1}, true)); // (N, 1)
    }
    return losses.sum().div(labels.size());
  }

  @Override
  public void addAccumulator(String key) {
    resetAccumulator(key);
  }

  @Override
  public void updateAccumulator(String key, NDList labels, NDList predictions) {
    updateAccumulators(new String[] {key}, labels, predictions);
  }

  /** Overrides the one of newer versions of DJL; 0.25.0 has none. */
  @SuppressWarnings("MissingOverride")
  public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
    long count = labels.singletonOrThrow().size();
    double sum =
        mean(labels.singletonOrThrow(), predictions.singletonOrThrow(), new float[0]).getFloat()
            * (double) count;
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
