package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.recipe.Recipe;
import dev.graft.zoo.LoadedBackbone;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;

/** Initializes the weights of the head, and of a backbone that is trained from scratch. */
public final class WeightInitializer {
  private WeightInitializer() {}

  /**
   * Initializes the weights that were not loaded, and freezes the frozen part.
   *
   * @param rule Glorot and Bengio 2010 (equation 16) or He et al. 2015 (equation 10), uniform, as
   *     the Keras initializers of these names
   * @param seed determines the weights, in every engine
   */
  public static void initialize(
      DjlNetwork network, LoadedBackbone backbone, Recipe.Initializer rule, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Initializer initializer =
        switch (rule) {
          case ZERO_OUTPUT, GLOROT_UNIFORM ->
              uniform(random, (in, out) -> Math.sqrt(6.0 / (in + out)));
          case HE_UNIFORM -> uniform(random, (in, out) -> Math.sqrt(6.0 / in));
        };
    NDManager manager = backbone.model().getNDManager();
    // The backbone comes first, so that its weights do not depend on the head.
    if (!backbone.weights().isLoaded()) {
      backbone.trunk().getParameters().values().stream()
          .filter(parameter -> parameter.getType() == Parameter.Type.WEIGHT)
          .forEach(parameter -> reinitialize(parameter, initializer, manager));
    }
    network.head().setInitializer(initializer, Parameter.Type.WEIGHT);
    network.initialize(manager);
    if (rule == Recipe.Initializer.ZERO_OUTPUT) {
      network.zeroOutput();
    }
    network.freeze();
  }

  /**
   * Returns an initializer that uses Java's random numbers: the engine's are shared by the whole
   * process, so that two concurrent trainings would change each other's weights.
   *
   * @param limit the largest value, given the number of values that one output depends on, and of
   *     those that depend on one input
   */
  private static Initializer uniform(SplittableRandom random, DoubleBinaryOperator limit) {
    return (manager, shape, type) -> {
      double taps = (double) shape.slice(2).size();
      double most = limit.applyAsDouble(shape.get(1) * taps, shape.get(0) * taps);
      float[] values = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((2 * random.nextDouble() - 1) * most);
      }
      try (NDArray shared = manager.create(values, shape)) {
        return shared.duplicate(); // copied into the engine's memory, which is aligned
      }
    };
  }

  /** Replaces the weights that DJL initialized when it loaded the backbone, by another rule. */
  private static void reinitialize(Parameter parameter, Initializer initializer, NDManager owner) {
    NDArray array = parameter.getArray();
    try (NDArray values = initializer.initialize(owner, array.getShape(), array.getDataType())) {
      ParameterWriter.set(parameter, values);
    }
  }
}
