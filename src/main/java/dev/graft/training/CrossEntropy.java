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
 * classes may count differently. Means are over images, as in Keras; DJL's own losses average over
 * batches, however small the last.
 */
final class CrossEntropy extends Loss {
  private final double smoothing;
  private final float[] classWeights;
  private final float[] logShares;
  private final Map<String, Double> sums = new ConcurrentHashMap<>();

  /**
   * @param smoothing share of the truth that is spread over all classes
   * @param classWeights by which the loss of a class's images is multiplied; empty for none
   */
  CrossEntropy(double smoothing, float... classWeights) {
    this(smoothing, classWeights, new float[0]);
  }

  private CrossEntropy(double smoothing, float[] classWeights, float[] logShares) {
    super("loss");
    this.smoothing = smoothing;
    this.classWeights = classWeights.clone();
    this.logShares = logShares.clone();
  }

  /**
   * One that is trained on logits to which the logarithm of each class's share of the images is
   * added, so that without it, as the model is used, no class is preferred for being frequent
   * (Menon et al., "Long-tail learning via logit adjustment", ICLR 2021, with their tau of 1).
   *
   * @param logShares see {@link #logShares(int[], int)}; empty for none
   */
  static CrossEntropy adjusted(double smoothing, float... logShares) {
    return new CrossEntropy(smoothing, new float[0], logShares);
  }

  /**
   * The natural logarithm of each class's share of the images; of a class without any, that of half
   * an image's. Empty where all are the same.
   *
   * @param labels of the training images
   */
  static float[] logShares(int[] labels, int classes) {
    int[] support = support(labels, classes);
    if (isBalanced(support)) {
      return new float[0];
    }
    float[] logShares = new float[classes];
    for (int c = 0; c < classes; c++) {
      logShares[c] = (float) Math.log(Math.max(0.5, support[c]) / labels.length);
    }
    return logShares;
  }

  private static int[] support(int[] labels, int classes) {
    int[] support = new int[classes];
    for (int label : labels) {
      support[label]++;
    }
    return support;
  }

  private static boolean isBalanced(int[] support) {
    return Arrays.stream(support).distinct().count() == 1;
  }

  /**
   * As scikit-learn's {@code balanced}: images / (classes * images of the class), so that every
   * class counts the same, and an image 1 on average; empty where that is 1 for all. Classes
   * without images have weight 0.
   *
   * @param labels of the training images
   */
  static float[] balanced(int[] labels, int classes) {
    int[] support = support(labels, classes);
    if (isBalanced(support)) {
      return new float[0];
    }
    float[] weights = new float[classes];
    for (int c = 0; c < classes; c++) {
      weights[c] = support[c] == 0 ? 0 : (float) labels.length / (classes * support[c]);
    }
    return weights;
  }

  /**
   * What training goes down on: here classes count by their weights, or with their shares. (The
   * figures of an epoch are plain, as in Keras: of a rare class there are few validation images,
   * and what hangs on few heavy ones is no ground for a decision.)
   *
   * @param labels {@code (N)}, indices of classes
   * @param predictions {@code (N, classes)}, logits
   * @return the mean over the batch, a scalar
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray logits = predictions.singletonOrThrow();
    if (logShares.length > 0) {
      logits = logits.add(logits.getManager().create(logShares, new Shape(1, logShares.length)));
    }
    return mean(labels.singletonOrThrow(), logits, classWeights);
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
