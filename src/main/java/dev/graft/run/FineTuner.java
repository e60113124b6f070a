package dev.graft.run;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.graft.data.DataSet;
import dev.graft.data.Draw;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Survey;
import dev.graft.engine.OnnxSession;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Prediction;
import dev.graft.evaluation.Temperature;
import dev.graft.inference.SavedModel;
import dev.graft.network.djl.Graft;
import dev.graft.network.onnx.Ranges;
import dev.graft.picture.Picture;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Charts;
import dev.graft.training.GraftTraining;
import dev.graft.training.KeptWeights;
import dev.graft.training.Standardization;
import dev.graft.training.TrainingEvents;
import dev.graft.zoo.Backbone;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A run, from a recipe to a verdict. */
public final class FineTuner {
  /** Test pictures that are drawn with their predictions. */
  private static final int DRAWN = 10;

  /** Of validation pictures that a temperature is fitted to; 16 MB. */
  private static final int MOST_PROBABILITIES = 4_000_000;

  private final Stopwatch total;
  private final RunEvents events;
  private final Beginning beginning;
  private final OutputFolder output;
  private final Recipe asked;
  private final Recipe recipe;
  private final DataSet data;
  private final ImageSet pictures;
  private final Device device;
  private final Backbone backbone;
  private final Graft graft;

  /** A completed run. */
  public record Completed(Path folder, RunRecord record) {}

  private FineTuner(Recipe asked, Beginning beginning, Stopwatch total, RunEvents events) {
    this.asked = asked;
    this.beginning = beginning;
    this.total = total;
    this.events = events;
    output = beginning.output();
    recipe = beginning.recipe();
    data = beginning.data();
    pictures = data.pictures();
    device = beginning.device();
    backbone = beginning.backbone();
    graft = beginning.graft();
  }

  /**
   * Runs a recipe. Until its data, weights and network are there nothing is written of it.
   *
   * @throws dev.graft.GraftException if data, weights or recipe don't allow the run, or if it
   *     fails; its folder says so then
   */
  public static Completed run(Recipe asked, OutputFolder output, RunEvents events)
      throws IOException {
    Stopwatch total = new Stopwatch();
    try (Beginning beginning = Beginning.of(asked, output, events)) {
      return new FineTuner(asked, beginning, total, events).run();
    }
  }

  private Completed run() throws IOException {
    try (RunFolder folder = output.begin(name(), RunRecord.running(provenance(), record()))) {
      folder.whenStopped(() -> events.interrupted(folder.path()));
      try {
        return run(folder);
      } catch (OutOfMemoryError e) {
        folder.fail("There was not enough memory: " + e.getMessage() + ".");
        throw e;
      } catch (IOException | RuntimeException | Error e) {
        folder.fail(e.getMessage());
        throw e;
      }
    }
  }

  /** The drawing of the architecture page, an arrow a line. */
  private Completed run(RunFolder folder) throws IOException {
    begin(folder);
    Stopwatch watch = new Stopwatch();
    Optional<Ranges> ranges = quarantining(folder, beginning::ranges);
    Features features = quarantining(folder, () -> beginning.features(ranges));
    Survey survey = quarantining(folder, this::survey);
    Split split = split(survey, folder);
    double featureSeconds = watch.lap();
    Long featureMemory = PeakMemory.bytes();
    try (GraftTraining training = training(events);
        KeptWeights untrained = training.weights()) {
      keep(untrained);
      History history = fit(training, features, split);
      double trainingSeconds = watch.lap();
      Long trainingMemory = PeakMemory.bytes();
      Verdict verdict = judge(training, features, split);
      write(folder, history, split, verdict);
      save(folder, verdict.temperature(), ranges);
      double evaluationSeconds = watch.lap();
      Long evaluationMemory = PeakMemory.bytes();
      RunRecord.CrossValidation folds = crossValidate(folder, features, survey, untrained);
      return complete(
          folder,
          split,
          new RunRecord.Outcome(
              RunRecord.Epochs.of(history, recipe.epochs()),
              RunRecord.Figures.of(verdict.onValidation()),
              RunRecord.TestFigures.of(verdict.onTest()),
              recipe.calibrate() ? verdict.calibration() : null,
              folds,
              new RunRecord.Seconds(
                  featureSeconds, trainingSeconds, evaluationSeconds, total.lap()),
              new RunRecord.Memory(
                  featureMemory, trainingMemory, evaluationMemory, PeakMemory.bytes()),
              features.cache()));
    }
  }

  private void begin(RunFolder folder) throws IOException {
    events.begun(folder.path());
    folder.write("recipe.yaml", RecipeReader.write(recipe, asked));
  }

  private Completed complete(RunFolder folder, Split split, RunRecord.Outcome outcome)
      throws IOException {
    RunRecord completed = folder.record().completed(outcome);
    Reporter.write(
        folder.path(), completed, graft.design(), Reporter.TestPictures.of(data, split.test()));
    folder.complete(completed);
    return new Completed(folder.path(), completed);
  }

  // Pictures.

  private Survey survey() {
    return Survey.thorough(data, beginning.fingerprints(), events);
  }

  private void write(Survey survey, RunFolder folder) throws IOException {
    RunRecord record = folder.record();
    folder.write(
        record.with(
            record
                .data()
                .surveyed(
                    pictures.quarantine().size(),
                    new RunRecord.Duplicates(
                        survey.identical().size(),
                        survey.near().size(),
                        survey.conflicts().size(),
                        survey.leaks().size()))));
  }

  private interface Step<T> {
    T take() throws IOException;
  }

  /** Lists what can't be read, be it too much or not. */
  private <T> T quarantining(RunFolder folder, Step<T> step) throws IOException {
    try {
      T result = step.take();
      quarantine(folder);
      return result;
    } catch (IOException | RuntimeException e) {
      try {
        quarantine(folder);
      } catch (IOException second) {
        e.addSuppressed(second); // what came first is the cause
      }
      throw e;
    }
  }

  private void quarantine(RunFolder folder) throws IOException {
    if (pictures.areFiles()) {
      folder.write("quarantine.csv", pictures.quarantine().toCsv());
      RunRecord record = folder.record();
      folder.write(
          record.with(
              record.data().surveyed(pictures.quarantine().size(), record.data().duplicates())));
    }
  }

  private Split split(Survey survey, RunFolder folder) throws IOException {
    events.surveyed(data, survey);
    write(survey, folder);
    Split split = DataSets.split(recipe, data, survey.groups());
    events.split(data, split);
    RunRecord record = folder.record();
    folder.write(
        record.with(
            record
                .data()
                .split(split.train().length, split.validation().length, split.test().length)));
    if (pictures.areFiles()) {
      folder.write("split.csv", SplitCsv.of(pictures, split));
    }
    return split;
  }

  // Training.

  private GraftTraining training(TrainingEvents heard) {
    return new GraftTraining(graft, !recipe.cache(), recipe, device, heard);
  }

  private void keep(KeptWeights untrained) {
    if (recipe.folds() > 0) {
      untrained.keep();
    }
  }

  private History fit(GraftTraining training, Features features, Split split) throws IOException {
    standardize(features, split);
    return training.fit(
        features.shuffled(split.train(), recipe), features.inOrder(split.validation()));
  }

  private void standardize(Features features, Split split) {
    if (!graft.design().scaling().standardize()) {
      return;
    }
    boolean forwardPass = !recipe.cache() || graft.design().trainsBackbone();
    int[] measured =
        forwardPass ? Standardization.sample(split.train(), recipe.seed()) : split.train();
    try (NDManager manager = NDManager.newBaseManager(device)) {
      Standardization.fit(graft, !recipe.cache(), features.inOrder(measured), manager);
    }
  }

  // Verdict.

  /**
   * What the network is worth.
   *
   * @param onValidation at temperature 1, as while training
   * @param uncalibrated of the test pictures, at temperature 1
   * @param onTest at the temperature
   * @param drawn probabilities of the first test pictures, at the temperature
   */
  private record Verdict(
      Evaluation onValidation,
      Temperature temperature,
      Evaluation uncalibrated,
      Evaluation onTest,
      List<float[]> drawn) {
    RunRecord.Calibration calibration() {
      return new RunRecord.Calibration(
          temperature.value(),
          temperature.pictures(),
          uncalibrated.ece(),
          onTest.ece(),
          uncalibrated.calibration().bins());
    }
  }

  /** Judges validation and test pictures, each once. */
  private Verdict judge(GraftTraining training, Features features, Split split) {
    List<float[]> probabilities = new ArrayList<>();
    int most = recipe.calibrate() ? MOST_PROBABILITIES / data.classes().size() : 0;
    Evaluation onValidation =
        judge(
            training,
            features,
            split.validation(),
            (place, row) -> {
              if (place < most) {
                probabilities.add(row);
              }
            });
    Temperature temperature =
        Temperature.fit(
            probabilities, onValidation.predictions().stream().map(Prediction::truth).toList());
    List<float[]> drawn = new ArrayList<>();
    Evaluation.Collector calibrated = Evaluation.collector(data.classes());
    Evaluation uncalibrated =
        judge(
            training,
            features,
            split.test(),
            (place, row) -> {
              float[] scaled = temperature.of(row);
              calibrated.add(pictures.label(split.test()[place]), scaled);
              if (place < DRAWN) {
                drawn.add(scaled);
              }
            });
    return new Verdict(onValidation, temperature, uncalibrated, calibrated.evaluation(), drawn);
  }

  private Evaluation judge(
      GraftTraining training, Features features, int[] rows, GraftTraining.Judged judged) {
    return training.evaluate(features.inOrder(rows), data.classes(), judged);
  }

  private void write(RunFolder folder, History history, Split split, Verdict verdict)
      throws IOException {
    folder.write("history.csv", history.toCsv());
    String title =
        backbone.network().name() + " on " + data.name() + ", " + backbone.weights().title();
    Charts.loss(folder.plots().resolve("loss.png"), history, title);
    Charts.accuracy(folder.plots().resolve("accuracy.png"), history, title);
    for (int i = 0; i < verdict.drawn().size(); i++) {
      Path file = folder.plots().resolve("test-" + i + ".png");
      int index = split.test()[i];
      float[] probabilities = verdict.drawn().get(i);
      picture(index)
          .ifPresent(
              picture ->
                  Charts.prediction(
                      file, picture, data.classes(), pictures.label(index), probabilities));
    }
    Charts.calibration(
        folder.plots().resolve("calibration.png"),
        verdict.uncalibrated().calibration(),
        verdict.onTest().calibration(),
        title);
    Evaluation onTest = verdict.onTest();
    EvaluationFiles.write(folder.path(), onTest, title, place -> picture(split.test()[place]));
    if (pictures.areFiles()) {
      folder.write(
          "mistakes.csv", onTest.mistakesCsv(place -> pictures.place(split.test()[place])));
    }
  }

  private Optional<Picture> picture(int index) {
    return pictures.read(index, Charts.MIN_SIDE);
  }

  private void save(RunFolder folder, Temperature temperature, Optional<Ranges> ranges)
      throws IOException {
    SavedModel.save(
        graft.at(temperature.value()),
        folder.model(),
        name(),
        backbone.weights().title(),
        data.classes(),
        recipe.head(),
        ranges);
  }

  /**
   * On all pictures that the recipe may choose the test pictures from, or else train on.
   *
   * @return null where the recipe wants none
   */
  private RunRecord.CrossValidation crossValidate(
      RunFolder folder, Features features, Survey survey, KeptWeights untrained)
      throws IOException {
    if (recipe.folds() == 0) {
      return null;
    }
    int[] groups = survey.groups();
    int[] candidates =
        pictures
            .readable()
            .filter(i -> !data.parts().get(i).equals(Optional.of(Part.TEST)))
            .toArray();
    CrossValidation folds =
        CrossValidation.run(
            Draw.folds(candidates, data.labels(), groups, recipe.folds(), recipe.seed()),
            DataSets.holdOut(recipe, data, groups),
            recipe.validationSplit(),
            recipe.seed(),
            split -> {
              untrained.restore();
              try (GraftTraining training = training(TrainingEvents.UNHEARD)) {
                fit(training, features, split);
                return judge(training, features, split.test(), (place, row) -> {});
              }
            },
            events);
    folder.write("folds.csv", folds.toCsv());
    return folds.record();
  }

  // Record.

  private String name() {
    return backbone.network().name() + "-" + data.name();
  }

  private RunRecord.Data record() {
    return new RunRecord.Data(data.name(), data.classes().size(), data.sha256());
  }

  private RunRecord.Provenance provenance() {
    Engine engine = Engine.getInstance();
    Backbone.Provenance weights = backbone.weights();
    return new RunRecord.Provenance(
        backbone.network().name(),
        new RunRecord.Weights(weights.source(), weights.sha256(), weights.pretrained()),
        recipe.seed(),
        new RunRecord.Engine(
            engine.getEngineName(),
            engine.getVersion(),
            Engine.getDjlVersion(),
            device.toString(),
            System.getProperty("java.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")),
        root(engine),
        GitCommit.ofGraft(),
        new RunRecord.Parameters(graft.design().parameters(), graft.design().trainedParameters()));
  }

  private RunRecord.Root root(Engine engine) {
    if (graft.design().cut() == 0) {
      return null;
    }
    String precision = recipe.precision().name().toLowerCase(Locale.ROOT);
    return recipe.rootEngine() == Recipe.RootEngine.ONNXRUNTIME
        ? new RunRecord.Root(OnnxSession.NAME, OnnxSession.version(), precision)
        : new RunRecord.Root(engine.getEngineName(), engine.getVersion(), precision);
  }
}
