package dev.graft.run;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.Draw;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.FeatureBatches;
import dev.graft.inference.SavedModel;
import dev.graft.network.Graft;
import dev.graft.network.GraftedNetwork;
import dev.graft.picture.Picture;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Charts;
import dev.graft.report.EvaluationReport;
import dev.graft.training.GraftTraining;
import dev.graft.training.KeptWeights;
import dev.graft.training.NewWeights;
import dev.graft.training.Standardization;
import dev.graft.zoo.Backbone;
import dev.graft.zoo.BackboneEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/** A run, from pictures to verdict. Closing it frees the network. */
public final class FineTuner implements AutoCloseable {
  /**
   * Training pictures that a standardisation is measured on where each costs a forward pass; where
   * features are at hand it is all of them.
   */
  private static final int MEASURED = 5_000;

  /** Test pictures that are drawn with their predictions. */
  private static final int DRAWN = 10;

  private final Stopwatch total = new Stopwatch();
  private final Recipe recipe;
  private final Path output;
  private final Console console;
  private final Device device;
  private final DataEvents events;
  private final Fingerprints fingerprints;
  private final DataSet data;
  private final ImageSet pictures;
  private final Backbone backbone;
  private final Graft graft;

  /** A completed run. */
  public record Verdict(Path folder, RunRecord record) {}

  /**
   * Gets everything ready that a recipe asks for; of runs nothing is written yet.
   *
   * @param output folder of runs and features
   * @throws GraftException if data, weights or recipe don't allow the run
   */
  public FineTuner(Recipe recipe, Path output, Console console, DataEvents events)
      throws IOException {
    this.recipe = recipe;
    this.output = output;
    this.console = console;
    this.events = events;
    device = Computer.device(recipe.device());
    Computer.seed(recipe.seed());
    BackboneEntry entry = BackboneEntry.of(recipe.backbone());
    Designs.check(recipe, entry);
    fingerprints = DataSets.fingerprints(output);
    data = DataSets.open(recipe, console);
    pictures = data.pictures();
    Survey survey = Survey.quick(data);
    events.opened(data);
    events.identical(survey);
    // What can't be split is said now, before hours of features; the split is drawn after them.
    DataSets.split(recipe, data, survey.groups());
    int side = Designs.inputSize(recipe, entry, data.sides().median());
    sayInput(side);
    backbone = Backbone.load(entry, recipe.weights(), side, device, console);
    GraftedNetwork design =
        Designs.of(recipe, entry, side, backbone.preprocessing(), data.classes().size());
    graft = Graft.of(design, backbone.trunk());
    NewWeights.draw(graft, backbone, recipe.initializer());
  }

  /** The network that is trained. */
  public GraftedNetwork network() {
    return graft.design();
  }

  Graft graft() {
    return graft;
  }

  /**
   * Runs the recipe.
   *
   * @throws GraftException if training fails; the folder says so then
   */
  public Verdict run() throws IOException {
    try (RunFolder folder = RunFolder.create(output, runName(), record())) {
      try {
        return run(folder);
      } catch (IOException | RuntimeException e) {
        folder.fail(e.getMessage());
        throw e;
      }
    }
  }

  private Verdict run(RunFolder folder) throws IOException {
    console.logTo(folder.path().resolve("log.txt"));
    folder.write("recipe.yaml", RecipeReader.write(recipe));

    Stopwatch watch = new Stopwatch();
    Features features = features(folder);
    int[] groups = survey(folder);
    Split split = split(folder, groups);
    double featureSeconds = watch.seconds();

    try (GraftTraining training =
            new GraftTraining(graft, !recipe.cache(), recipe, device, console);
        KeptWeights untrained = training.weights()) {
      if (recipe.folds() > 0) {
        untrained.keep();
      }
      watch = new Stopwatch();
      History history = fit(training, features, split);
      double trainingSeconds = watch.seconds();

      watch = new Stopwatch();
      Evaluation onValidation = judge(training, features.inOrder(split.validation()));
      Evaluation onTest = judgeTest(features, split, training, folder);
      figures(folder, history, split, onTest);
      SavedModel.save(
          graft,
          folder.model(),
          runName(),
          backbone.weights().title(),
          data.classes(),
          recipe.head());
      double evaluationSeconds = watch.seconds();

      RunRecord.CrossValidation folds =
          recipe.folds() == 0 ? null : crossValidate(folder, features, groups, untrained);

      RunRecord completed =
          folder
              .record()
              .completed(
                  new RunRecord.Epochs(
                      history.epochs().size(),
                      history.best().epoch(),
                      history.epochs().size() < recipe.epochs()),
                  new RunRecord.Figures(onValidation.loss(), onValidation.accuracy()),
                  RunRecord.TestFigures.of(onTest),
                  folds,
                  new RunRecord.Seconds(
                      featureSeconds, trainingSeconds, evaluationSeconds, total.seconds()),
                  features.cache());
      folder.complete(completed);
      return new Verdict(folder.path(), completed);
    }
  }

  // Pictures.

  private void sayInput(int side) {
    if (pictures.areFiles() && recipe.backbone().equals(BackboneEntry.PHOTOGRAPHS)) {
      console.say(
          "Network: "
              + recipe.backbone()
              + ", which learns most from own pictures in the time a CPU has"
              + " (--backbone vgg16 insists on VGG16).");
    }
    int smaller = data.sides().smallerThan(side);
    console.say(
        String.format(
            Locale.ROOT,
            "Input: %dx%d pixels%s%s",
            side,
            side,
            recipe.inputSize() == 0
                ? ", by the network and the pictures' size (--set input-size=N for another)"
                : ", as the recipe says",
            smaller == 0
                ? ""
                : String.format(Locale.ROOT, "; %,d smaller pictures are scaled up", smaller)));
  }

  /** What looks the same, and what can't be read; the numbers of groups that belong together. */
  private int[] survey(RunFolder folder) throws IOException {
    Survey survey;
    try {
      survey = Survey.thorough(data, fingerprints, console);
    } finally {
      quarantine(folder);
    }
    events.quarantine(pictures.quarantine());
    events.near(survey);
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
    return survey.groups();
  }

  private Split split(RunFolder folder, int[] groups) throws IOException {
    Split split = DataSets.split(recipe, data, groups);
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

  // Features.

  private Features features(RunFolder folder) throws IOException {
    ImageSet gathered = fingerprints.gatheredFrom(pictures);
    try {
      return recipe.cache()
          ? Features.cached(
              graft, weightsId(), gathered, recipe, output.resolve("features"), device, console)
          : Features.pixels(graft, pictures, console);
    } finally {
      quarantine(folder);
    }
  }

  /** Lists what can't be read, be it too much or not. */
  private void quarantine(RunFolder folder) throws IOException {
    if (pictures.areFiles()) {
      folder.write("quarantine.csv", pictures.quarantine().toCsv());
      RunRecord record = folder.record();
      folder.write(
          record.with(
              record.data().surveyed(pictures.quarantine().size(), record.data().duplicates())));
    }
  }

  private String weightsId() {
    return backbone.weights().isLoaded()
        ? backbone.weights().sha256()
        : "random, " + recipe.initializer() + ", seed " + recipe.seed();
  }

  // Training.

  private History fit(GraftTraining training, Features features, Split split) throws IOException {
    standardize(features, split, training);
    return training.fit(
        features.shuffled(split.train(), recipe), features.inOrder(split.validation()));
  }

  private void standardize(Features features, Split split, GraftTraining training) {
    if (!graft.design().scaling().standardize()) {
      return;
    }
    boolean forwardPass = !recipe.cache() || graft.design().trainsBackbone();
    int[] measured =
        forwardPass && split.train().length > MEASURED
            ? new Random(recipe.seed())
                .ints(0, split.train().length)
                .distinct()
                .limit(MEASURED)
                .map(i -> split.train()[i])
                .toArray()
            : split.train();
    try (NDManager manager = NDManager.newBaseManager(device)) {
      Standardization.fit(
          graft.scaling(),
          graft.design().featureWidth(),
          training.beforeScaling(),
          features.inOrder(measured),
          manager);
    }
  }

  // Verdict.

  private Evaluation judge(GraftTraining training, FeatureBatches batches) {
    return training.evaluate(batches, data.classes(), (place, row) -> {});
  }

  /** The test pictures, once; the first ones are drawn with what the model says of them. */
  private Evaluation judgeTest(
      Features features, Split split, GraftTraining training, RunFolder folder) {
    return training.evaluate(
        features.inOrder(split.test()),
        data.classes(),
        (place, row) -> {
          if (place < DRAWN) {
            picture(split.test()[place])
                .ifPresent(
                    picture ->
                        Charts.prediction(
                            folder.plots().resolve("test-" + place + ".png"),
                            picture,
                            data.classes(),
                            pictures.label(split.test()[place]),
                            row));
          }
        });
  }

  private Optional<Picture> picture(int index) {
    return pictures.read(index, Charts.LEAST_SIDE);
  }

  private void figures(RunFolder folder, History history, Split split, Evaluation onTest)
      throws IOException {
    folder.write("history.csv", history.toCsv());
    String title = recipe.backbone() + " on " + data.name() + ", " + backbone.weights().title();
    Charts.loss(folder.plots().resolve("loss.png"), history, title);
    Charts.accuracy(folder.plots().resolve("accuracy.png"), history, title);
    EvaluationReport.write(folder.path(), onTest, title, place -> picture(split.test()[place]));
    if (pictures.areFiles()) {
      folder.write(
          "mistakes.csv", onTest.mistakesCsv(place -> pictures.place(split.test()[place])));
    }
  }

  /** On all pictures that the recipe may choose the test pictures from, or else train on. */
  private RunRecord.CrossValidation crossValidate(
      RunFolder folder, Features features, int[] groups, KeptWeights untrained) throws IOException {
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
            (split, silent) -> {
              untrained.restore();
              try (GraftTraining training =
                  new GraftTraining(graft, !recipe.cache(), recipe, device, silent)) {
                fit(training, features, split);
                return judge(training, features.inOrder(split.test()));
              }
            },
            console);
    folder.write("folds.csv", folds.toCsv());
    return folds.record();
  }

  private String runName() {
    return recipe.backbone() + "-" + data.name();
  }

  private RunRecord record() {
    Engine engine = Engine.getInstance();
    Backbone.Provenance weights = backbone.weights();
    return new RunRecord(
        RunRecord.Status.RUNNING,
        null,
        recipe.backbone(),
        new RunRecord.Weights(weights.source(), weights.sha256(), weights.pretrained()),
        new RunRecord.Data(data.name(), data.classes().size(), data.sha256()),
        recipe.seed(),
        new RunRecord.Engine(
            engine.getEngineName(),
            engine.getVersion(),
            Engine.getDjlVersion(),
            device.toString(),
            System.getProperty("java.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")),
        GitCommit.here(),
        new RunRecord.Parameters(graft.design().parameters(), graft.design().trainedParameters()),
        null,
        null,
        null,
        null,
        null,
        null);
  }

  @Override
  public void close() throws IOException {
    backbone.close();
    fingerprints.close();
  }
}
