package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import dev.graft.engine.TorchFunction;
import dev.graft.recipe.Recipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adam (Kingma and Ba 2014) and AdamW (Loshchilov and Hutter 2017), with moments that can be saved
 * and restored, which DJL's classes keep private. As in Keras, epsilon is added to the root of the
 * second moment before its correction (the paper's "epsilon hat").
 *
 * <p>The arithmetic is DJL's, except for AdamW in PyTorch, which uses PyTorch's fused operation: it
 * passes once over the memory of a parameter, DJL's arithmetic a dozen times. A TorchScript
 * function calls it; its source is {@code adamw.py} in the resources.
 */
final class SavableAdam extends Optimizer implements AutoCloseable {
  /** Keras's, PyTorch's and the paper's default. */
  private static final float BETA_1 = 0.9f;

  /** Keras's, PyTorch's and the paper's default. */
  private static final float BETA_2 = 0.999f;

  private static final float NO_CLIPPING = -1;

  private static final NDIndex ALL = new NDIndex("...");

  private final ParameterTracker learningRate;
  private final float epsilon;
  private final boolean decoupled;
  private final NDManager manager;
  private final Map<String, Moments> moments = new LinkedHashMap<>();

  /** PyTorch's fused AdamW; empty for DJL's arithmetic. */
  private final Optional<TorchFunction> fused;

  /** Both moments of a parameter, in its shape, and the number of its updates. */
  private static final class Moments {
    private final NDArray mean;
    private final NDArray variance;
    private int updates;

    Moments(NDArray like, NDManager manager) {
      mean = manager.zeros(like.getShape(), like.getDataType());
      variance = manager.zeros(like.getShape(), like.getDataType());
    }
  }

  /**
   * @param recipe names the optimizer, its epsilon and its weight decay
   * @param learningRate at a step, counted from 1, of a parameter
   * @param trained the initialized parameters
   */
  SavableAdam(
      Recipe recipe, ParameterTracker learningRate, List<Parameter> trained, NDManager parent) {
    super(AdamW.builder().optWeightDecays((float) recipe.training().weightDecay()));
    this.learningRate = learningRate;
    epsilon = (float) recipe.training().epsilon();
    decoupled = recipe.training().optimizer() == Recipe.OptimizerChoice.ADAMW;
    manager = parent.newSubManager();
    for (Parameter parameter : trained) {
      moments.put(parameter.getId(), new Moments(parameter.getArray(), manager));
    }
    fused =
        decoupled && TorchFunction.isPossible()
            ? Optional.of(TorchFunction.open(SavableAdam.class, "adamw.py", manager.getDevice()))
            : Optional.empty();
  }

  @Override
  public void update(String parameterId, NDArray weight, NDArray gradient) {
    Moments state = moments.get(parameterId);
    int step = ++state.updates;
    float rate = learningRate.getNewValue(parameterId, step);
    double root = Math.sqrt(1 - Math.pow(BETA_2, step));
    if (fused.isPresent()) {
      fusedUpdate(fused.get(), weight, gradient, state, rate, (float) (epsilon / root));
      return;
    }
    double correction = root / (1 - Math.pow(BETA_1, step));
    weight
        .getNDArrayInternal()
        .adamUpdate(
            new NDList(weight, gradient, state.mean, state.variance),
            new NDList(weight),
            rate,
            (float) (rate * correction),
            getWeightDecay(),
            rescaleGrad,
            NO_CLIPPING,
            BETA_1,
            BETA_2,
            epsilon,
            true,
            decoupled);
  }

  /**
   * Updates a weight in place, and sets its gradient to 0. PyTorch adds epsilon to the corrected
   * root.
   */
  private void fusedUpdate(
      TorchFunction adamw,
      NDArray weight,
      NDArray gradient,
      Moments state,
      float rate,
      float correctedEpsilon) {
    float[] settings = {rate, getWeightDecay(), correctedEpsilon};
    try (NDManager scope = manager.newSubManager()) {
      NDArray step = scope.create((float) state.updates);
      NDArray scalars = scope.create(settings);
      // The results are weight and gradient. They belong to the manager of the first argument.
      adamw.of(new NDList(step, weight, gradient, state.mean, state.variance, scalars), false);
    }
  }

  /** Returns the moments of all parameters in their order, first all means, then all variances. */
  NDList moments() {
    NDList all = new NDList();
    moments.values().forEach(each -> all.add(each.mean));
    moments.values().forEach(each -> all.add(each.variance));
    return all;
  }

  /**
   * Restores moments.
   *
   * @param saved as {@link #moments} returned them
   * @param updates number of steps before they were saved
   */
  void restore(List<NDArray> saved, int updates) {
    NDList own = moments();
    for (int i = 0; i < own.size(); i++) {
      own.get(i).set(ALL, saved.get(i));
    }
    moments.values().forEach(each -> each.updates = updates);
  }

  @Override
  public void close() {
    fused.ifPresent(TorchFunction::close);
    manager.close();
  }
}
