package dev.graft.run;

import ai.djl.Device;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.inference.ModelRunner;
import dev.graft.io.AtomicFiles;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunImages;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.ModelEvaluator;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.Stopwatch;
import dev.graft.util.PathText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Evaluates a saved model on labeled images. */
public final class Evaluator {
  private final Path run;
  private final OutputFolder output;
  private final RunEvents events;
  private final Stopwatch watch = new Stopwatch();

  /**
   * The content of {@code evaluation.json}.
   *
   * @param model absolute path of the run's or the model's folder
   * @param trainedOn null if that is not known, and for the run's own test images
   */
  public record Result(
      String model,
      Data data,
      @JsonInclude(JsonInclude.Include.NON_NULL) TrainedOn trainedOn,
      RunRecord.TestFigures test,
      double seconds) {}

  /** The images: how many were evaluated, and how many can't be read. */
  public record Data(
      String name,
      @JsonProperty("pictures") int images,
      int classes,
      String sha256,
      int quarantined) {}

  /**
   * Prepares an evaluation; reads nothing yet.
   *
   * @param run folder of a run, or of a model
   * @param output folder of runs and features
   */
  public Evaluator(Path run, OutputFolder output, RunEvents events) {
    this.run = run;
    this.output = output;
    this.events = events;
  }

  /** The result, and the folder that it was written to. */
  public record Written(Path folder, Result result) {}

  /**
   * Evaluates the model.
   *
   * @param data settings of a recipe, {@code data} first of all; empty for the test images of the
   *     model's own run
   * @throws GraftException if the data has classes that the model lacks, or the run's own data has
   *     changed
   */
  public Written evaluate(Map<String, String> data, Device device) throws IOException {
    Recipe recipe = recipe(data);
    try (Fingerprints fingerprints = new Fingerprints(output.fingerprints());
        ModelRunner classifier = ModelRunner.load(RunFolder.modelOf(run), device)) {
      DataSet found =
          data.isEmpty() ? DataSets.open(recipe, events) : DataSets.openToEvaluate(recipe, events);
      Survey quick = Survey.quick(found);
      events.listed(found, quick);
      int[] labels = ModelEvaluator.labels(found, classifier.classes());
      Survey survey = data.isEmpty() ? quick : survey(found, fingerprints);
      ModelEvaluator.Evaluated evaluated =
          ModelEvaluator.evaluate(
              classifier,
              found.images(),
              data.isEmpty() ? own(recipe, found, fingerprints) : chosen(found),
              labels,
              events);
      int[] chosen = evaluated.images();
      Evaluation evaluation = evaluated.evaluation();
      TrainedOn trainedOn =
          !data.isEmpty() && found.images().areFiles()
              ? TrainedOn.of(run, found.images(), chosen, evaluation, fingerprints).orElse(null)
              : null;
      Result result =
          new Result(
              PathText.of(PathText.absolute(run)),
              new Data(
                  found.name(),
                  chosen.length,
                  found.classes().size(),
                  found.sha256(),
                  found.images().quarantine().size()),
              trainedOn,
              RunRecord.TestFigures.of(evaluation),
              watch.lap());
      Path folder =
          output.evaluation(
              found.name(),
              result,
              into -> {
                write(into, found, chosen, evaluation);
                if (!survey.alike().isEmpty()) {
                  Files.writeString(
                      into.resolve(Survey.CSV), survey.toCsv(i -> found.parts().get(i)));
                }
              });
      return new Written(folder, result);
    }
  }

  /** Returns the run's recipe, with other data if given. */
  private Recipe recipe(Map<String, String> data) {
    if (data.isEmpty()) {
      return RunImages.recipe(run);
    }
    Path file = run.resolve(RunFolder.RECIPE);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("columns", Recipe.AUTO); // the run's are those of its own data
    settings.put("path-pattern", Recipe.AUTO);
    settings.put("max-bad", "0.999"); // nothing is trained on them
    settings.putAll(data);
    return RecipeReader.read(Files.isRegularFile(file) ? file : null, settings);
  }

  /** Returns the run's test images. */
  private int[] own(Recipe recipe, DataSet found, Fingerprints fingerprints) {
    SplitCsv.Located test = new RunImages(run, recipe, found, fingerprints, events).part(Part.TEST);
    events.evaluatingOwn(test.indices().length, test.lost());
    return test.indices();
  }

  private Survey survey(DataSet data, Fingerprints fingerprints) {
    Survey survey = Survey.thorough(data, fingerprints, events);
    events.surveyed(data, survey);
    return survey;
  }

  /** Returns the test images, or all images without a test set. */
  private int[] chosen(DataSet data) {
    int[] chosen = ModelEvaluator.images(data);
    events.evaluating(chosen.length, data.has(Part.TEST));
    return chosen;
  }

  private void write(Path folder, DataSet data, int[] chosen, Evaluation evaluation)
      throws IOException {
    ImageSet images = data.images();
    writeTables(folder, evaluation, images, chosen);
    if (images.areFiles()) {
      Files.writeString(folder.resolve("quarantine.csv"), images.quarantine().toCsv(images::path));
    }
    Path plots = Files.createDirectory(folder.resolve("plots"));
    String title = run.getFileName() + " on " + data.name();
    new Drawings(events).drawEvaluation(plots, title, evaluation, images, chosen);
  }

  /**
   * Writes {@code predictions.csv}, {@code confusion.csv}, {@code classes.csv} and, if the images
   * are files, {@code mistakes.csv}.
   *
   * @param evaluated the images by their index in the evaluation
   */
  static void writeTables(Path folder, Evaluation evaluation, ImageSet images, int[] evaluated)
      throws IOException {
    AtomicFiles.write(folder.resolve("predictions.csv"), evaluation.predictionsCsv());
    AtomicFiles.write(folder.resolve("confusion.csv"), evaluation.confusion().toCsv());
    AtomicFiles.write(folder.resolve("classes.csv"), evaluation.classesCsv());
    if (images.areFiles()) {
      AtomicFiles.write(
          folder.resolve("mistakes.csv"), evaluation.mistakesCsv(i -> images.path(evaluated[i])));
    }
  }
}
