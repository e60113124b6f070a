package dev.graft.training;

import dev.graft.GraftException;
import dev.graft.data.Cifar10;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Layer;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.recipe.Recipe;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.WeightSource;
import java.util.List;

/** From what a recipe says to the network that it means. */
public final class Designs {
  private Designs() {}

  /** The input's side in pixels: the recipe's, or the backbone's own. */
  public static int inputSize(Recipe recipe, BackboneEntry entry) {
    return recipe.inputSize() == 0 ? entry.inputSize() : recipe.inputSize();
  }

  /**
   * The network of a recipe.
   *
   * @param belonging the preprocessing that belongs to the weights
   * @throws GraftException for stages that the backbone does not have, or an input too small for it
   */
  public static GraftedNetwork of(
      Recipe recipe, BackboneEntry entry, Preprocessing belonging, int classes) {
    Network backbone = entry.network();
    int side = inputSize(recipe, entry);
    Recipe.Head head = recipe.head();
    List<Layer> layers =
        GraftedNetwork.head(
            GraftedNetwork.featureWidth(backbone, side, recipe.features()),
            head.hidden(),
            head.inputDropout(),
            head.dropout(),
            classes);
    return GraftedNetwork.of(
        backbone,
        side,
        switch (recipe.preprocessing()) {
          case WEIGHTS -> belonging;
          case ZERO_ONE -> Preprocessing.ZERO_ONE;
        },
        recipe.unfreeze(),
        recipe.features(),
        new GraftedNetwork.Scaling(recipe.featurePower(), recipe.standardize()),
        layers);
  }

  /**
   * Checks what can be checked before anything is loaded.
   *
   * @throws GraftException as {@link #of} does, and for data and weights that there are not
   */
  public static void check(Recipe recipe, BackboneEntry entry) {
    of(recipe, entry, entry.preprocessing(), 2);
    WeightSource.of(recipe.weights(), entry);
    if (!List.of(Cifar10.NAME, Cifar10.SAMPLE).contains(recipe.data())) {
      throw new GraftException(
          "data: there is no "
              + recipe.data()
              + "; there are "
              + Cifar10.NAME
              + " and "
              + Cifar10.SAMPLE
              + ".");
    }
  }
}
