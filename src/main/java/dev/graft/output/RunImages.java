package dev.graft.output;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.data.DataSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.RunEvents;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** Finds a run's images again, by its {@code split.csv} or by repeating the split. */
public final class RunImages {
  private final Path run;
  private final Recipe recipe;
  private final DataSet data;
  private final Fingerprints fingerprints;
  private final RunEvents events;

  /** The split, sampled again as in the run; {@code null} until it is needed. */
  private Split drawn;

  /**
   * @param data the recipe's data in its current state
   */
  public RunImages(
      Path run, Recipe recipe, DataSet data, Fingerprints fingerprints, RunEvents events) {
    this.run = run;
    this.recipe = recipe;
    this.data = data;
    this.fingerprints = fingerprints;
    this.events = events;
  }

  /** Returns whether a folder is a run's, which has a recipe; a model's folder has none. */
  public static boolean areKnown(Path run) {
    return Files.isRegularFile(run.resolve(RunFolder.RECIPE));
  }

  /**
   * Reads a run's recipe.
   *
   * @throws GraftException if there is none
   */
  public static Recipe recipe(Path run) {
    if (!Files.exists(run)) {
      throw new GraftException("The folder " + run + " does not exist.");
    }
    if (!areKnown(run)) {
      throw new GraftException(
              run.resolve(RunFolder.RECIPE)
                  + " is not there, so the run's test images are not known; name other images.")
          .withCode(Code.DATA);
    }
    Path file = run.resolve(RunFolder.RECIPE);
    return RecipeReader.readOfRun(file)
        .orElseThrow(
            () ->
                GraftException.of(
                    "%s is damaged: it does not name the run's data; put back a copy of that file.",
                    file));
  }

  /**
   * Returns the images of a part.
   *
   * @throws GraftException if none of the images is left, or if the data has changed
   */
  public SplitCsv.Located part(Part part) {
    Path written = run.resolve(SplitCsv.NAME);
    if (Files.isRegularFile(written)) {
      return SplitCsv.find(written, data, part, count(part));
    }
    if (drawn == null) {
      Survey survey = Survey.thorough(unchanged(), fingerprints, events);
      drawn = DataSets.split(recipe, data, survey.groups());
    }
    int[] indices =
        switch (part) {
          case TRAIN -> drawn.train();
          case VALIDATION -> drawn.validation();
          case TEST -> drawn.test();
        };
    return new SplitCsv.Located(indices, List.of());
  }

  /** Returns the number of images of a part; empty without a record of the split. */
  private OptionalInt count(Part part) {
    if (RunFolder.status(run).isEmpty()) {
      return OptionalInt.empty();
    }
    RunRecord.Data then = RunFolder.recordOf(run).data();
    Integer count =
        switch (part) {
          case TRAIN -> then.train();
          case VALIDATION -> then.validation();
          case TEST -> then.test();
        };
    return count == null ? OptionalInt.empty() : OptionalInt.of(count);
  }

  private DataSet unchanged() {
    String then = RunFolder.recordOf(run).data().sha256();
    if (!data.sha256().equals(then)) {
      throw new GraftException(
              "The images of "
                  + data.name()
                  + " have changed since the run, so its test images are not known; name"
                  + " other images.")
          .withCode(Code.DATA);
    }
    return data;
  }
}
