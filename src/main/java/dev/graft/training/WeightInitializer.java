package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.XavierInitializer;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.recipe.Recipe;
import dev.graft.zoo.LoadedBackbone;

/** Initializes the weights of the head, and of a backbone that is trained from scratch. */
public final class WeightInitializer {
  private WeightInitializer() {}

  /**
   * Initializes the weights that were not loaded, from the engine's seed, and freezes the frozen
   * part.
   *
   * @param rule Glorot and Bengio 2010 (equation 16) or He et al. 2015 (equation 10), uniform, as
   *     the Keras initializers of these names
   */
  public static void initialize(
      DjlNetwork network, LoadedBackbone backbone, Recipe.Initializer rule) {
    XavierInitializer initializer =
        switch (rule) {
          case AUTO, ZERO_OUTPUT, GLOROT_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.AVG, 3);
          case HE_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.IN, 6);
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

  /** Replaces the weights that DJL initialized when it loaded the backbone, by another rule. */
  private static void reinitialize(
      Parameter parameter, XavierInitializer initializer, NDManager owner) {
    NDArray array = parameter.getArray();
    try (NDArray values = initializer.initialize(owner, array.getShape(), array.getDataType())) {
      ParameterWriter.set(parameter, values);
    }
  }
}
