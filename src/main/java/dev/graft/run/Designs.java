package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.Cifar10;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.Layer;
import dev.graft.network.Network;
import dev.graft.network.Preprocessing;
import dev.graft.recipe.Recipe;
import dev.graft.zoo.BackboneEntry;
import dev.graft.zoo.WeightSource;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** From what a recipe says to the network that it means. */
public final class Designs {
  private Designs() {}

  /** Pictures whose shorter side is longer than this are taken for photographs. */
  private static final int SMALL = 64;

  /**
   * The input's side in pixels: the recipe's, or what suits backbone and pictures.
   *
   * @param pictureSide the shorter side of the pictures in the middle, in pixels
   */
  public static int inputSize(Recipe recipe, BackboneEntry entry, int pictureSide) {
    if (recipe.inputSize() != 0) {
      return recipe.inputSize();
    }
    return pictureSide <= SMALL ? entry.inputSize() : entry.photographSize();
  }

  /** Likewise, before any picture was looked at: own pictures are taken for photographs. */
  public static int inputSize(Recipe recipe, BackboneEntry entry) {
    return inputSize(recipe, entry, isCifar10(recipe) ? SMALL : SMALL + 1);
  }

  private static boolean isCifar10(Recipe recipe) {
    return List.of(Cifar10.NAME, Cifar10.SAMPLE).contains(recipe.data());
  }

  /**
   * The network of a recipe.
   *
   * @param side of the input, see {@link #inputSize}
   * @param belonging the preprocessing that belongs to the weights
   * @throws GraftException for stages that the backbone does not have, or an input too small for it
   */
  public static GraftedNetwork of(
      Recipe recipe, BackboneEntry entry, int side, Preprocessing belonging, int classes) {
    Network backbone = entry.network();
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
    of(recipe, entry, inputSize(recipe, entry), entry.preprocessing(), 2);
    WeightSource.of(recipe.weights(), entry);
    if (!List.of(Cifar10.NAME, Cifar10.SAMPLE).contains(recipe.data()) && !exists(recipe.data())) {
      throw new GraftException(
          "data: there is no "
              + recipe.data()
              + "; give "
              + Cifar10.NAME
              + ", "
              + Cifar10.SAMPLE
              + ", a folder with a folder a class, or a manifest (.csv or .jsonl).");
    }
  }

  private static boolean exists(String path) {
    try {
      return Files.exists(Path.of(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
