package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.Part;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.evaluation.Prediction;
import dev.graft.inference.SavedModel;
import dev.graft.network.NetworkDesign;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunImages;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.report.Example;
import dev.graft.report.Pages;
import dev.graft.report.RunFiles;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.RunEvents;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Writes the page of a run, {@code report.html}, from the files in its folder. */
public final class Reporter {
  static final String PAGE = "report.html";

  private Reporter() {}

  /** Returns a run's test images, by their index in its {@code predictions.csv}. */
  static Example.Images images(DataSet data, int[] test) {
    return new Example.Images(
        index -> data.images().read(test[index], Example.MAX_SIDE),
        index -> ending(data.images().place(test[index])));
  }

  /**
   * Returns the last two names of a path's text: the folders above may be private. The text may
   * have characters that no path has in this locale, see {@link dev.graft.util.PathText}.
   */
  static String ending(String place) {
    int last = place.lastIndexOf(File.separatorChar);
    return place.substring(place.lastIndexOf(File.separatorChar, last - 1) + 1);
  }

  /** Writes the page of a run whose other files are complete. */
  static void write(Path run, RunRecord record, NetworkDesign design, Example.Images test) {
    write(RunFiles.read(run, record.tree()), design, test, Optional.empty());
  }

  /**
   * Writes the page of a run again, without images if these are no longer available.
   *
   * @return the page
   * @throws GraftException if it is not a completed run
   */
  public static Path write(Path run, OutputFolder output, RunEvents events) throws IOException {
    RunFiles files = RunFiles.read(run);
    Recipe recipe = RunImages.recipe(run);
    // The model has a copy of an external backbone, whose original file may be gone.
    NetworkDesign design = SavedModel.contents(RunFolder.modelOf(run)).design().at(1);
    try (Fingerprints fingerprints = new Fingerprints(output.fingerprints())) {
      DataSet data = DataSets.open(recipe, events);
      int[] test = new RunImages(run, recipe, data, fingerprints, events).part(Part.TEST).indices();
      if (test.length != files.evaluation().count()) {
        throw new GraftException("The data no longer has the run's test images.");
      }
      return write(files, design, images(data, test), Optional.empty());
    } catch (GraftException e) {
      Example.Images none = new Example.Images(index -> Optional.empty(), index -> "");
      return write(files, design, none, Optional.of(e.getMessage()));
    }
  }

  private static Path write(
      RunFiles files, NetworkDesign design, Example.Images test, Optional<String> why) {
    Path page = files.folder().resolve(PAGE);
    Pages.write(
        page,
        new Pages.Run(
            files,
            design.rows().stream()
                .map(
                    row ->
                        new Pages.Layer(
                            row.name(),
                            row.type(),
                            row.output().toString(),
                            row.parameters(),
                            row.trained()))
                .toList(),
            design.cut() + 1, // the input is a row, too
            examples(files, files.evaluation().mistakes(), test),
            examples(files, files.evaluation().leastConfident(), test),
            examples(files, files.farthest(), test),
            why.map(reason -> "The images are not available. " + reason)));
    return page;
  }

  private static List<Example> examples(
      RunFiles run, List<Prediction> predictions, Example.Images images) {
    return Example.of(run.evaluation(), predictions, Pages.MAX_IMAGES, images);
  }
}
