package dev.graft.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.XavierInitializer;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.recipe.Recipe;
import dev.graft.zoo.LoadedBackbone;

/** Weights that no file gives: the head's, and those of a backbone that is trained from scratch. */
public final class WeightInitializer {
  private WeightInitializer() {}

  /** Draws them, from the engine's seed; those that were loaded stay. The root is frozen then. */
  public static void draw(DjlNetwork graft, LoadedBackbone backbone, Recipe.Initializer rule) {
    XavierInitializer initializer =
        switch (rule) {
          case GLOROT_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.AVG, 3);
          case HE_UNIFORM ->
              new XavierInitializer(
                  XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.IN, 6);
        };
    NDManager manager = backbone.model().getNDManager();
    // First the backbone's, so that these are the same ones whatever the head is.
    if (!backbone.weights().isLoaded()) {
      backbone.trunk().getParameters().values().stream()
          .filter(parameter -> parameter.getType() == Parameter.Type.WEIGHT)
          .forEach(parameter -> redraw(parameter, initializer, manager));
    }
    graft.head().setInitializer(initializer, Parameter.Type.WEIGHT);
    graft.initialize(manager);
    graft.freeze();
  }

  /** DJL draws a backbone's weights as it is loaded, before the recipe's word on it is known. */
  private static void redraw(Parameter parameter, XavierInitializer initializer, NDManager owner) {
    NDArray array = parameter.getArray();
    try (NDArray drawn = initializer.initialize(owner, array.getShape(), array.getDataType())) {
      ParameterWriter.set(parameter, drawn);
    }
  }
}
