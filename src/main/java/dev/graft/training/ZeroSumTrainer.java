package dev.graft.training;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;

/**
 * A trainer that accepts gradients whose sum is zero. Before its first step, DJL's own trainer adds
 * up all gradients, and takes a sum of zero for a missing backward pass. But the gradients of a
 * softmax layer always add up to zero, except for rounding; exactly so if its weights are zero.
 */
final class ZeroSumTrainer extends Trainer {
  /** Smallest change that makes the sum of float32 numbers different from zero. */
  private static final float NUDGE = 1 + 1e-6f;

  private boolean stepped;

  ZeroSumTrainer(Model model, TrainingConfig config) {
    super(model, config);
  }

  @Override
  public void step() {
    if (!stepped) {
      stepped = true;
      avoidZeroSum();
    }
    super.step();
  }

  /**
   * Changes one row of gradients by a millionth, if the sum is zero but the gradients of the
   * weights are not. (Biases have gradients even if the features are the same for all images.)
   */
  private void avoidZeroSum() {
    double sum = 0;
    NDArray widest = null;
    for (Parameter parameter : getModel().getBlock().getParameters().values()) {
      if (!parameter.requiresGradient()) {
        continue;
      }
      NDArray gradient = parameter.getArray().getGradient();
      try (NDArray total = gradient.sum();
          NDArray sizes = gradient.abs();
          NDArray largest = sizes.max()) {
        sum += total.getFloat();
        if (parameter.getType() == Parameter.Type.WEIGHT
            && largest.getFloat() > 0
            && (widest == null || gradient.size() > widest.size())) {
          widest = gradient;
        }
      }
    }
    if (Math.abs(sum) < Float.MIN_NORMAL && widest != null) {
      NDIndex first = new NDIndex(0);
      try (NDArray row = widest.get(first);
          NDArray nudged = row.mul(NUDGE)) {
        widest.set(first, nudged);
      }
    }
  }
}
