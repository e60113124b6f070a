package dev.graft.training;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import java.util.List;

/**
 * A trainer that scales gradients that are too long, and accepts gradients whose sum is zero.
 *
 * <p>Before its first step, DJL's own trainer adds up all gradients, and takes a sum of zero for a
 * missing backward pass. But the gradients of a softmax layer always add up to zero, except for
 * rounding; exactly so if its weights are zero.
 */
final class StepTrainer extends Trainer {
  /** Factor just above 1 that makes the sum of the gradients different from zero. */
  private static final float NUDGE = 1 + 1e-6f;

  private final List<Parameter> trained;
  private final double clipNorm;
  private final AveragedWeights averages;
  private boolean stepped;

  /**
   * @param clipNorm largest Euclidean norm of the gradient of all weights together, to which longer
   *     ones are scaled (Pascanu et al. 2013); 0 for none
   * @param averages updated after each step
   */
  StepTrainer(
      Model model,
      TrainingConfig config,
      List<Parameter> trained,
      double clipNorm,
      AveragedWeights averages) {
    super(model, config);
    this.trained = trained;
    this.clipNorm = clipNorm;
    this.averages = averages;
  }

  @Override
  public void step() {
    if (!stepped) {
      stepped = true;
      avoidZeroSum();
    }
    if (clipNorm > 0) {
      clip();
    }
    super.step();
    averages.update();
  }

  private void clip() {
    try (NDManager scope = getManager().newSubManager()) {
      List<NDArray> gradients =
          trained.stream().map(parameter -> parameter.getArray().getGradient()).toList();
      double sum = 0;
      for (NDArray gradient : gradients) {
        gradient.attach(scope);
        sum += gradient.square().sum().getFloat();
      }
      double norm = Math.sqrt(sum);
      if (norm > clipNorm) {
        gradients.forEach(gradient -> gradient.muli(clipNorm / norm));
      }
    }
  }

  /**
   * Changes one row of gradients by a millionth, if the sum is zero but the gradients of the
   * weights are not. (Biases have gradients even if the features are the same for all images.)
   */
  private void avoidZeroSum() {
    double sum = 0;
    NDArray widest = null;
    for (Parameter parameter : trained) {
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
