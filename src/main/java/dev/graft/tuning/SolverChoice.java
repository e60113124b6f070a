package dev.graft.tuning;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.graft.GraftException;
import dev.graft.data.Cifar10Images;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Auto;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.Recipe.Solver;
import dev.graft.recipe.RecipeReader;

/** The solver of a head, and the reason for its choice. */
public record SolverChoice(Solver solver, Reason reason) {
  /**
   * Images up to which a convex head is chosen. It was more accurate than gradient training with
   * the default head at 500 to 5,000 images (docs/results.md); its features, 40 MB for 5,000 images
   * of EfficientNet-Lite0, are in memory about six times, of the default heap's 512 MB.
   */
  public static final int MAX_IMAGES = 5_000;

  /** Why a solver was chosen. */
  public enum Reason {
    @JsonProperty("recipe")
    RECIPE,
    @JsonProperty("few-images")
    FEW_IMAGES,
    @JsonProperty("linear-head")
    LINEAR_HEAD,
    @JsonProperty("cifar10")
    CIFAR10,
    @JsonProperty("many-images")
    MANY_IMAGES,
    @JsonProperty("trains-backbone")
    TRAINS_BACKBONE,
    @JsonProperty("settings")
    SETTINGS
  }

  /**
   * Chooses the solver of a recipe.
   *
   * @param images number of images; 0 if not known yet
   * @throws GraftException if the recipe sets one that can't solve it
   */
  public static SolverChoice of(Recipe recipe, int images) {
    Auto<Solver> asked = recipe.head().solver();
    boolean headOnly =
        recipe.execution().cache() && recipe.backbone().unfreeze().equals(NetworkDesign.NONE);
    if (asked.is(Solver.NEWTON) && !headOnly) {
      throw new GraftException(
          "head.solver: newton needs a frozen backbone and cached features; set unfreeze to none"
              + " and cache to true, or head.solver to gradient.");
    }
    if (asked.is(Solver.NEWTON) && recipe.training().mirror()) {
      throw new GraftException(
          "mirror: head.solver newton does not train on mirror images; set mirror to false, or"
              + " head.solver to gradient.");
    }
    if (asked.is(Solver.NEWTON) && recipe.training().crops() > 0) {
      throw new GraftException(
          "crops: head.solver newton does not train on random crops; set crops to 0, or head.solver"
              + " to gradient.");
    }
    if (!asked.isAuto()) {
      return new SolverChoice(asked.value(), Reason.RECIPE);
    }
    if (Cifar10Images.isNamed(recipe.data().source())) {
      return new SolverChoice(Solver.GRADIENT, Reason.CIFAR10);
    }
    if (!headOnly) {
      return new SolverChoice(Solver.GRADIENT, Reason.TRAINS_BACKBONE);
    }
    if (setsGradientTraining(recipe)) {
      return new SolverChoice(Solver.GRADIENT, Reason.SETTINGS);
    }
    boolean linear = recipe.head().hidden() == 0;
    if (images > MAX_IMAGES) {
      return new SolverChoice(Solver.GRADIENT, Reason.MANY_IMAGES);
    }
    return new SolverChoice(Solver.NEWTON, linear ? Reason.LINEAR_HEAD : Reason.FEW_IMAGES);
  }

  /**
   * Returns whether a recipe differs from the default in settings that only gradient training uses.
   */
  private static boolean setsGradientTraining(Recipe recipe) {
    Recipe built = RecipeReader.defaults();
    Recipe.Head head = recipe.head();
    Recipe.Training training = recipe.training();
    Recipe.Training usual = built.training();
    return !(head.hidden() == 0 || head.equals(built.head()))
        || training.epochs() != usual.epochs()
        || !training.learningRate().equals(usual.learningRate())
        || !training.batchSize().equals(usual.batchSize())
        || training.minSteps() != usual.minSteps()
        || training.mirror() != usual.mirror()
        || training.crops() != usual.crops()
        || training.mixup() != usual.mixup()
        || training.emaDecay() != usual.emaDecay()
        || training.optimizer() != usual.optimizer()
        || training.schedule() != usual.schedule()
        || !training.initializer().equals(usual.initializer())
        || recipe.data().split() != built.data().split()
        || training.warmupEpochs() != usual.warmupEpochs()
        || training.epsilon() != usual.epsilon()
        || !training.precision().equals(usual.precision())
        || training.weightDecay() != usual.weightDecay()
        || training.clipNorm() != usual.clipNorm()
        || training.labelSmoothing() != usual.labelSmoothing()
        || recipe.features().power() != built.features().power()
        || recipe.features().standardize() != built.features().standardize()
        || !training.earlyStopping().equals(usual.earlyStopping());
  }
}
