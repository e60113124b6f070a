package dev.graft.tuning;

import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Recipe;
import dev.graft.training.ConvexHead;
import dev.graft.training.TrainingEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Receives the events of a run; by default nothing happens. */
public interface RunEvents extends TrainingEvents {
  /** The images have been found. */
  default void found(DataSet data) {}

  /** The image files have been listed: classes, sizes and identical files. */
  default void listed(DataSet data, Survey survey) {}

  /**
   * The recipe has been resolved, see {@link RecipeResolver#resolve}.
   *
   * @param asked the recipe as it was given
   * @param decided the resolved recipe
   * @param smaller number of images with a side shorter than the input's
   */
  default void decided(Recipe asked, Recipe decided, int smaller) {}

  /** The solver of the head has been chosen. */
  default void solver(SolverChoice choice) {}

  /** The convex head has been fitted. */
  default void fitted(ConvexHead head, int images, Evaluation outOfFold) {}

  /** The network has been built and has its weights. */
  default void designed(NetworkDesign network) {}

  /** The run's folder has been created. */
  default void begun(Path folder) throws IOException {}

  /** The feature cache is off: every epoch passes through the whole network. */
  default void notCached() {}

  /**
   * All features are cached already.
   *
   * @param view what was shown of the images
   */
  default void cached(View view) {}

  /**
   * The features of some images will be computed.
   *
   * @param missing number of images without cached features
   * @param kept number of images with cached features
   * @param view what was shown of the images
   * @param folder of the cache
   */
  default void computing(int missing, int kept, RecordLayout layout, View view, String folder) {}

  /**
   * The missing features have been computed.
   *
   * @param bytes size of the cache's file
   * @param view what was shown of the images
   */
  default void computed(int images, double seconds, long bytes, View view) {}

  /** All images have been read and compared. */
  default void surveyed(DataSet data, Survey survey) {}

  /** The images have been split. */
  default void split(DataSet data, Split split) {}

  /**
   * A saved model will be evaluated.
   *
   * @param test whether the images are a test set; otherwise they are all images
   */
  default void evaluating(int images, boolean test) {}

  /**
   * A saved model will be evaluated on the test images of its own run.
   *
   * @param lost test images that are missing, unreadable, changed or in another class now
   */
  default void evaluatingOwn(int images, List<Path> lost) {}

  /** A step failed, but the run continues without it. */
  default void warned(String warning) {}

  /**
   * The run received a request to stop, and will evaluate and save the best model so far before it
   * ends.
   *
   * @param epoch the best epoch so far
   * @param images in the validation and test sets
   */
  default void stopping(int epoch, int images) {}

  /**
   * A plan has been chosen for a given time.
   *
   * @param recipe of the plan
   * @param again whether it replaces a plan that turned out to be too slow
   */
  default void planned(TimePlanner.Choice choice, Recipe recipe, TimeLimit limit, boolean again) {}

  /**
   * The number of epochs of the plan has changed, because training was measured on its features.
   *
   * @param planned the number before
   */
  default void epochsChanged(int planned, int epochs) {}

  /**
   * The plan needs less than half of the time.
   *
   * @param crossValidates whether the rest is used for cross-validation
   */
  default void timeIsLeft(boolean crossValidates) {}

  /** The time that is left is used for cross-validation, in this number of folds. */
  default void usingRest(int folds, double secondsLeft) {}

  /**
   * The time of the run is over: the best model so far will be evaluated and saved.
   *
   * @param epoch the best epoch so far
   */
  default void timeIsUp(int epoch) {}

  /**
   * The time of the run is over before there is a model: the epoch ends, and its weights so far are
   * validated and become the model.
   *
   * @param batch number of batches of this epoch that were trained
   * @param batches per epoch
   */
  default void epochCut(int epoch, long batch, long batches) {}

  /**
   * The run was stopped from outside and ends at once; cached features stay for the next one.
   *
   * @param model the folder of the model; empty if none was saved before
   */
  default void interrupted(Path folder, Optional<Path> model) {}
}
