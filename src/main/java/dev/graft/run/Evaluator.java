package dev.graft.run;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.Names;
import dev.graft.Progress;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.inference.Answer;
import dev.graft.inference.Classifier;
import dev.graft.inference.Source;
import dev.graft.picture.Picture;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Charts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A saved model, asked for labelled pictures. */
public final class Evaluator {
  private final Path run;
  private final OutputFolder output;
  private final RunEvents events;
  private final Stopwatch watch = new Stopwatch();

  /**
   * What came of it; {@code evaluation.json}.
   *
   * @param model the run's or the model's folder
   */
  public record Verdict(Path model, Data data, RunRecord.TestFigures test, double seconds) {}

  /** The pictures: how many were judged, and how many can't be read. */
  public record Data(String name, int pictures, int classes, String sha256, int quarantined) {}

  /**
   * Prepares an evaluation; nothing is read yet.
   *
   * @param run folder of a run, or of a model
   * @param output folder of runs and features
   */
  public Evaluator(Path run, OutputFolder output, RunEvents events) {
    this.run = run;
    this.output = output;
    this.events = events;
  }

  /** Where a verdict was written down, and the verdict. */
  public record Written(Path folder, Verdict verdict) {}

  /**
   * Judges the model.
   *
   * @param data as a recipe names it; empty for the test pictures of the model's own run
   * @throws GraftException if the data has classes that the model doesn't know, or the run's own
   *     data is not what it was
   */
  public Written evaluate(Optional<String> data, Device device) throws IOException {
    Recipe recipe = recipe(data);
    try (Fingerprints fingerprints = new Fingerprints(output.fingerprints());
        Classifier classifier = Classifier.load(RunFolder.modelOf(run), device)) {
      DataSet found = DataSets.open(recipe, events);
      events.listed(found, Survey.quick(found));
      int[] labels = labels(found, classifier.classes());
      int[] chosen =
          data.isPresent() ? chosen(found, fingerprints) : own(recipe, found, fingerprints);
      Evaluation evaluation = judge(found.pictures(), chosen, labels, classifier);
      Verdict verdict =
          new Verdict(
              run,
              new Data(
                  found.name(),
                  chosen.length,
                  found.classes().size(),
                  found.sha256(),
                  found.pictures().quarantine().size()),
              RunRecord.TestFigures.of(evaluation),
              watch.lap());
      Path folder =
          output.evaluation(found.name(), verdict, into -> write(into, found, chosen, evaluation));
      return new Written(folder, verdict);
    }
  }

  /** The run's recipe, with other data if some is given. */
  private Recipe recipe(Optional<String> data) {
    if (data.isEmpty()) {
      return OwnPictures.recipe(run);
    }
    Path file = run.resolve(OwnPictures.RECIPE);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("data", RecipeReader.text(data.get()));
    settings.put("max-bad", "0.999"); // nothing is learnt from them
    return RecipeReader.read(Files.isRegularFile(file) ? file : null, settings);
  }

  /** The test pictures of the run. */
  private int[] own(Recipe recipe, DataSet found, Fingerprints fingerprints) {
    SplitCsv.Found test = new OwnPictures(run, recipe, found, fingerprints, events).part(Part.TEST);
    events.judgingOwn(test.indices().length, test.lost());
    return test.indices();
  }

  /** The test pictures if there are some, else all. */
  private int[] chosen(DataSet data, Fingerprints fingerprints) {
    ImageSet pictures = data.pictures();
    events.surveyed(data, Survey.thorough(data, fingerprints, events));
    int[] chosen =
        pictures
            .readable()
            .filter(i -> !data.has(Part.TEST) || data.parts().get(i).equals(Optional.of(Part.TEST)))
            .toArray();
    if (chosen.length == 0) {
      throw new GraftException("data: no picture of " + data.name() + " can be read.");
    }
    events.judging(chosen.length, data.has(Part.TEST));
    return chosen;
  }

  /** The labels of all pictures, as the model counts its classes. */
  static int[] labels(DataSet data, List<String> known) {
    List<String> unknown = data.classes().stream().filter(name -> !known.contains(name)).toList();
    if (!unknown.isEmpty()) {
      throw new GraftException(
          "data: "
              + data.name()
              + " has classes that the model does not know: "
              + String.join(", ", unknown)
              + ". It knows "
              + Names.first(20, known)
              + ".");
    }
    return IntStream.of(data.labels())
        .map(label -> known.indexOf(data.classes().get(label)))
        .toArray();
  }

  private Evaluation judge(ImageSet pictures, int[] chosen, int[] labels, Classifier classifier) {
    Evaluation.Collector collector = Evaluation.collector(classifier.classes());
    Iterator<Labelled> sources =
        IntStream.of(chosen).mapToObj(index -> new Labelled(pictures, index)).iterator();
    try (Classifier.Answers<Labelled> answers = classifier.classify(sources);
        Progress progress = events.progress("judging", "pictures", chosen.length)) {
      for (int done = 1; answers.hasNext(); done++) {
        Answer<Labelled> answer = answers.next();
        collector.add(labels[answer.source().index()], answer.probabilities());
        progress.stepTo(done);
      }
    }
    return collector.evaluation();
  }

  /** A picture of a set, by its index. */
  record Labelled(ImageSet pictures, int index) implements Source {
    @Override
    public String name() {
      return pictures.place(index);
    }

    @Override
    public Picture read(int least) {
      return pictures
          .read(index, least)
          .orElseThrow(() -> new GraftException(name() + " could be read, but can't now."));
    }
  }

  private void write(Path folder, DataSet data, int[] chosen, Evaluation evaluation)
      throws IOException {
    ImageSet pictures = data.pictures();
    EvaluationFiles.write(
        folder,
        evaluation,
        run.getFileName() + " on " + data.name(),
        place -> pictures.read(chosen[place], Charts.MIN_SIDE));
    if (pictures.areFiles()) {
      Files.writeString(
          folder.resolve("mistakes.csv"),
          evaluation.mistakesCsv(place -> pictures.place(chosen[place])));
      Files.writeString(folder.resolve("quarantine.csv"), pictures.quarantine().toCsv());
    }
  }
}
