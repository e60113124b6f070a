package dev.graft.training;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.optimizer.Optimizer;
import dev.graft.GraftException;
import java.util.List;

/**
 * A trainer that scales gradients that are too long, and updates the weights on its only device
 * directly. DJL's own step copies each gradient first, which takes a twentieth of the training of a
 * wide head.
 */
final class StepTrainer extends Trainer {
  private final Optimizer optimizer;
  private final List<Parameter> trained;
  private final double clipNorm;
  private final AveragedWeights averages;
  private boolean stepped;

  /**
   * @param config with one device, where the weights are, and an optimizer that sets gradients to 0
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
    optimizer = config.getOptimizer();
    this.trained = trained;
    this.clipNorm = clipNorm;
    this.averages = averages;
  }

  /**
   * Updates the weights by their gradients.
   *
   * @throws GraftException if the first gradients of all kernels are 0
   */
  @Override
  public void step() {
    try (NDManager scope = getManager().newSubManager()) {
      List<NDArray> gradients =
          trained.stream().map(parameter -> parameter.getArray().getGradient()).toList();
      gradients.forEach(gradient -> gradient.attach(scope));
      if (!stepped) {
        requireGradients(gradients);
        stepped = true;
      }
      if (clipNorm > 0) {
        clip(gradients);
      }
      for (int i = 0; i < trained.size(); i++) {
        Parameter parameter = trained.get(i);
        optimizer.update(parameter.getId(), parameter.getArray(), gradients.get(i));
      }
    }
    averages.update();
  }

  private void clip(List<NDArray> gradients) {
    double sum = 0;
    for (NDArray gradient : gradients) {
      sum += gradient.square().sum().getFloat();
    }
    double norm = Math.sqrt(sum);
    if (norm > clipNorm) {
      gradients.forEach(gradient -> gradient.muli(clipNorm / norm));
    }
  }

  /** Biases have gradients even if the features are the same for all images. */
  private void requireGradients(List<NDArray> gradients) {
    for (int i = 0; i < gradients.size(); i++) {
      if (trained.get(i).getType() == Parameter.Type.WEIGHT
          && gradients.get(i).abs().max().getFloat()
              != 0) { // or NaN, which another listener reports
        return;
      }
    }
    throw new GraftException(
        "Nothing can be learned: the backbone's features are the same for all images. Check its"
            + " preprocessing (mean, deviation, order, input-size), or choose another backbone.");
  }
}
