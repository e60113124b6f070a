package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class CrossEntropyTest {
  private static final double LN2 = Math.log(2);
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDList labels(float... labels) {
    return new NDList(manager.create(labels));
  }

  /** Returns logits {@code (N, classes)} whose softmax is these probabilities. */
  private NDList logits(int classes, double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (Math.log(probabilities[i]) + 5); // softmax ignores the constant 5
    }
    return new NDList(manager.create(logits, new Shape(logits.length / classes, classes)));
  }

  @Test
  void isTheMeanNegativeLogProbabilityOfTheLabel() {
    NDList logits = logits(3, 0.5, 0.25, 0.25, 0.125, 0.75, 0.125);
    assertThat(new CrossEntropy(0).evaluate(labels(0, 2), logits).getFloat())
        .isCloseTo((float) ((LN2 + 3 * LN2) / 2), within(1e-5f));
  }

  @Test
  void smoothingSpreadsTheLabelOverAllClasses() {
    // 0.7 + 0.1, 0.1, 0.1 of the truth on probabilities 1/2, 1/4, 1/4.
    double expected = 0.8 * LN2 + 0.1 * 2 * LN2 + 0.1 * 2 * LN2;
    NDList logits = logits(3, 0.5, 0.25, 0.25);
    assertThat(new CrossEntropy(0.3).evaluate(labels(0), logits).getFloat())
        .isCloseTo((float) expected, within(1e-5f));
  }

  @Test
  void classWeightsMultiplyLossesAndTheMeanIsOverImages() {
    NDList logits = logits(3, 0.5, 0.25, 0.25, 0.125, 0.75, 0.125);
    assertThat(new CrossEntropy(0, 4, 1, 0.5f).evaluate(labels(0, 2), logits).getFloat())
        .isCloseTo((float) ((4 * LN2 + 0.5 * 3 * LN2) / 2), within(1e-5f));
  }

  @Test
  void theWeightIsThatOfTheLabelAlsoWithSmoothing() {
    // 0.8, 0.1, 0.1 of the truth on probabilities 1/2, 1/4, 1/4.
    double expected = 4 * (0.8 * LN2 + 0.1 * 2 * LN2 + 0.1 * 2 * LN2);
    NDList logits = logits(3, 0.5, 0.25, 0.25);
    assertThat(new CrossEntropy(0.3, 4, 1, 0.5f).evaluate(labels(0), logits).getFloat())
        .isCloseTo((float) expected, within(1e-5f));
  }

  @Test
  void theLossOfMixedImagesIsTheMeanByTheirShares() {
    NDList logits = logits(3, 0.5, 0.25, 0.25, 0.125, 0.75, 0.125);
    NDList labels =
        new NDList(
            manager.create(new float[] {0, 2}),
            manager.create(new float[] {2, 0}),
            manager.create(0.75f));
    double images = (LN2 + 3 * LN2) / 2;
    double partners = (2 * LN2 + 3 * LN2) / 2;
    assertThat(new CrossEntropy(0).evaluate(labels, logits).getFloat())
        .isCloseTo((float) (0.75 * images + 0.25 * partners), within(1e-5f));
  }

  @Test
  void logitsAreAdjustedOnlyInTraining() {
    // Probabilities 1/2, 1/4, 1/4 times shares 1/4, 1/2, 1/4 are 2, 2, 1 of 5.
    NDList logits = logits(3, 0.5, 0.25, 0.25);
    float[] shares = {(float) (-2 * LN2), (float) -LN2, (float) (-2 * LN2)};
    CrossEntropy loss = CrossEntropy.adjusted(0, shares);
    assertThat(loss.evaluate(labels(0), logits).getFloat())
        .isCloseTo((float) Math.log(5 / 2.0), within(1e-5f));
    loss.addAccumulator("validation");
    loss.updateAccumulator("validation", labels(0), logits);
    assertThat(loss.getAccumulator("validation")).isCloseTo((float) LN2, within(1e-5f));
  }

  @Test
  void isFiniteForExtremeLogits() {
    NDList logits = new NDList(manager.create(new float[] {1000, -1000}, new Shape(1, 2)));
    assertThat(new CrossEntropy(0).evaluate(labels(1), logits).getFloat()).isEqualTo(2000f);
  }

  @Test
  void theGradientIsProbabilityMinusLabelPerImage() {
    checkGradient(0, -0.25f, 0.125f, 0.125f, 0.0625f, 0.375f, -0.4375f);
  }

  @Test
  void theGradientWithSmoothingIsProbabilityMinusSmoothedLabel() {
    checkGradient(0.3, -0.15f, 0.075f, 0.075f, 0.0125f, 0.325f, -0.3375f);
  }

  private void checkGradient(double smoothing, float... expected) {
    NDArray logits = logits(3, 0.5, 0.25, 0.25, 0.125, 0.75, 0.125).singletonOrThrow();
    logits.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      collector.backward(new CrossEntropy(smoothing).evaluate(labels(0, 2), new NDList(logits)));
    }
    assertThat(logits.getGradient().toFloatArray()).containsExactly(expected, within(1e-5f));
  }

  @Test
  void theEpochMeanIsOverImages() {
    CrossEntropy loss = new CrossEntropy(0);
    loss.addAccumulator("train");
    assertThat(loss.getAccumulator("train")).isNaN();
    loss.updateAccumulator(
        "train", labels(0, 0, 1), logits(2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)); // ln 2 each
    loss.updateAccumulator("train", labels(0), logits(2, 0.0625, 0.9375)); // 4 ln 2
    assertThat(loss.getAccumulator("train")).isCloseTo((float) (7 * LN2 / 4), within(1e-5f));
    loss.resetAccumulator("train");
    loss.updateAccumulator("train", labels(1), logits(2, 0.5, 0.5));
    assertThat(loss.getAccumulator("train")).isCloseTo((float) LN2, within(1e-5f));
  }
}
