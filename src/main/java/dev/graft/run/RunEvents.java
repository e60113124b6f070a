package dev.graft.run;

import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.feature.RecordLayout;
import dev.graft.network.GraftedNetwork;
import dev.graft.recipe.Recipe;
import dev.graft.training.TrainingEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a run tells of itself while it goes on; the words for it are others' business. */
public interface RunEvents extends TrainingEvents {
  /** The pictures are found. */
  void found(DataSet data);

  /** Their files are looked at: classes, sizes, and what is there more than once. */
  void listed(DataSet data, Survey survey);

  /**
   * The network's input is settled.
   *
   * @param asked the recipe as it was given
   * @param decided with nothing left to decide
   * @param smaller pictures with a side that is shorter than the input's
   */
  void decided(Recipe asked, Recipe decided, int smaller);

  /** The network is built and has its weights. */
  void designed(GraftedNetwork network);

  /** The run has a folder. */
  void begun(Path folder) throws IOException;

  /** Nothing is kept: every epoch goes through the whole network. */
  void notCached();

  /** All features are in the cache already. */
  void cached();

  /**
   * The features of some pictures are to be computed.
   *
   * @param missing number of pictures
   * @param kept number of pictures whose features are there
   * @param folder where they are kept
   */
  void computing(int missing, int kept, RecordLayout layout, String folder);

  /**
   * They are.
   *
   * @param bytes of all that are kept, on disk
   */
  void computed(int pictures, double seconds, long bytes);

  /** All pictures were read. */
  void surveyed(DataSet data, Survey survey);

  /** The pictures have their parts. */
  void split(DataSet data, Split split);

  /**
   * A saved model is to be judged.
   *
   * @param test whether by a test set, or by all pictures that there are
   */
  void judging(int pictures, boolean test);

  /**
   * A saved model is to be judged by its run's own test pictures.
   *
   * @param lost those that are gone, unreadable or of another class now
   */
  void judgingOwn(int pictures, List<Path> lost);

  /** Something could not be done, but the run goes on without it. */
  void warned(String warning);

  /**
   * The run was asked to stop, and will evaluate and save the best model so far before it ends.
   *
   * @param epoch the best so far
   * @param images in the validation and test sets
   */
  void stopping(int epoch, int images);

  /**
   * The run was stopped from outside and ends at once; cached features stay for the next one.
   *
   * @param model the folder of the model; empty if none was saved before
   */
  void interrupted(Path folder, Optional<Path> model);
}
