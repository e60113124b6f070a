package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Categorical cross-entropy of softmax(logits), optionally with label smoothing (Szegedy et al.
 * 2015, section 7), class weights, or logit adjustment. Epoch means are over images, as in Keras;
 * DJL's own losses average over batches, so that images of a smaller last batch count more.
 */
final class CrossEntropy extends Loss implements Resumable {
  private final double smoothing;
  private final float[] classWeights;
  private final float[] logShares;
  private final Map<String, Double> sums = new ConcurrentHashMap<>();

  /**
   * @param smoothing fraction of the one-hot label that is spread evenly over all classes, 0 to 1
   * @param classWeights factors of the loss, one per class; empty for none
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
   * Returns the logit-adjusted loss (Menon et al., "Long-tail learning via logit adjustment", ICLR
   * 2021, equation 10 with tau 1): in training, the logarithm of the class's share of the images is
   * added to its logit, so that inference, which does not add it, does not favor frequent classes.
   *
   * @param smoothing fraction of the one-hot label that is spread evenly over all classes, 0 to 1
   * @param logShares as {@link #logShares(int[], int)} returns them; empty for none
   */
  static CrossEntropy adjusted(double smoothing, float... logShares) {
    return new CrossEntropy(smoothing, new float[0], logShares);
  }

  /**
   * Returns the natural logarithm of each class's share of the images; a class without images
   * counts as half an image. Empty if all classes have the same number of images.
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
   * Returns class weights as scikit-learn's {@code class_weight="balanced"}: images / (classes *
   * images of the class), so that all classes count the same and the mean weight of an image is 1.
   * Classes without images have weight 0. Empty if all classes have the same number of images.
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
   * Computes the loss that training minimizes, with class weights or logit adjustment. (The losses
   * per epoch have neither: a rare class has few validation images, and early stopping should not
   * depend on few images of large weight.)
   *
   * @param labels {@code (N)}, indices of classes; or three arrays, see {@link Mixup}
   * @param predictions {@code (N, classes)}, logits
   * @return the mean over the batch, a scalar
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray logits = predictions.singletonOrThrow();
    if (logShares.length > 0) {
      logits = logits.add(logits.getManager().create(logShares, new Shape(1, logShares.length)));
    }
    return mean(labels, logits, classWeights);
  }

  /** Returns the mean over the batch; of mixed images, the mean by their shares. */
  private NDArray mean(NDList labels, NDArray logits, float[] weights) {
    NDArray loss = mean(labels.head(), logits, weights);
    if (labels.size() == 1) {
      return loss;
    }
    NDArray share = labels.get(2);
    return loss.mul(share).add(mean(labels.get(1), logits, weights).mul(share.neg().add(1)));
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
    return losses.sum(new int[] {1}).mean(); // a divisor in Java's memory may be freed too early
  }

  @Override
  public void addAccumulator(String key) {
    resetAccumulator(key);
  }

  @Override
  public void updateAccumulator(String key, NDList labels, NDList predictions) {
    updateAccumulators(new String[] {key}, labels, predictions);
  }

  /** Overrides a method of newer DJL versions, which 0.25.0 does not have. */
  @SuppressWarnings("MissingOverride")
  public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
    long count = labels.head().size();
    double sum =
        mean(labels, predictions.singletonOrThrow(), new float[0]).getFloat() * (double) count;
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

  @Override
  public Sums sums() {
    return new Sums(sums.get(EPOCH), totalInstances.get(EPOCH));
  }

  @Override
  public void restore(Sums saved) {
    sums.put(EPOCH, saved.sum());
    totalInstances.put(EPOCH, saved.images());
  }
}
