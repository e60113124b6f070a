package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Temperature;
import dev.graft.io.IoSupplier;
import dev.graft.labels.LabelFiles;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Typicality;
import dev.graft.network.onnx.Ranges;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.TypicalityCsv;
import dev.graft.training.Checkpoints;
import dev.graft.training.ConvexHead;
import dev.graft.tuning.CrossValidation;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.ResidentMemory;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SolverChoice;
import dev.graft.tuning.SpeedProbe;
import dev.graft.tuning.Stopwatch;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.Tuning;
import dev.graft.zoo.LoadedBackbone;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A training run: from a recipe to a saved, evaluated model. */
public final class FineTuneRun {
  /** Number of test images for which a chart with the prediction is drawn. */
  private static final int EXAMPLES = 10;

  private final Before before;
  private final RunEvents events;
  private final RunInterruption interruption;

  private final TimeLimit limit;

  private final PreparedRun prepared;
  private final OutputFolder output;
  private final Recipe asked;
  private final Recipe recipe;
  private final DataSet data;
  private final ImageSet images;
  private final LoadedBackbone backbone;
  private final RunIdentity identity;
  private final Drawings drawings;

  /**
   * A run that ended with a model and figures.
   *
   * @param example a test image of the run, if its images are files
   */
  public record Completed(Path folder, RunRecord record, Optional<String> example) {}

  /**
   * The work done for a run before it starts, see {@link TimedRun}.
   *
   * @param total a stopwatch, started when that work began
   * @param features seconds that the features took
   * @param computed whether they were computed, rather than cached from an earlier run
   */
  record Before(Stopwatch total, double features, boolean computed) {
    /** Returns the value for a run without earlier work. */
    static Before nothing() {
      return new Before(new Stopwatch(), 0, false);
    }
  }

  private FineTuneRun(
      Recipe asked,
      PreparedRun prepared,
      OutputFolder output,
      Before before,
      RunEvents events,
      RunInterruption interruption,
      TimeLimit limit) {
    this.asked = asked;
    this.limit = limit;
    this.prepared = prepared;
    this.before = before;
    this.events = events;
    this.interruption = interruption;
    this.output = output;
    recipe = prepared.recipe();
    data = prepared.data();
    images = data.images();
    backbone = prepared.backbone();
    identity = new RunIdentity(prepared);
    drawings = new Drawings(events);
  }

  /**
   * Runs a recipe. Nothing is written before its data, weights and network have been opened.
   *
   * <p>If it is interrupted after the first epoch, the best model so far is evaluated and saved;
   * the run's status is {@code interrupted} then.
   *
   * @throws dev.graft.GraftException if data, weights or recipe don't allow the run, or if it
   *     fails; {@code run.json} says why
   */
  public static Completed run(
      Recipe asked, OutputFolder output, RunEvents events, RunInterruption interruption)
      throws IOException {
    return run(asked, output, events, interruption, TimeLimit.NONE, Before.nothing());
  }

  /**
   * Runs a recipe as {@link #run(Recipe, OutputFolder, RunEvents, RunInterruption)}. Training ends
   * before the limit, after at least one step; the run is completed then.
   */
  static Completed run(
      Recipe asked,
      OutputFolder output,
      RunEvents events,
      RunInterruption interruption,
      TimeLimit limit,
      Before before)
      throws IOException {
    try (PreparedRun prepared = output.prepare(asked, events)) {
      return new FineTuneRun(asked, prepared, output, before, events, interruption, limit).run();
    }
  }

  /**
   * Continues a run that did not complete, from its newest checkpoint; features are computed again
   * where the cache does not have them. The result is the same as without the interruption.
   *
   * @param run its folder
   * @param asked the run's recipe
   * @param output that the run belongs to
   * @throws dev.graft.GraftException as for {@link #run(Recipe, OutputFolder, RunEvents,
   *     RunInterruption)}, and if the run is completed, or was another one
   */
  public static Completed resume(
      Path run, Recipe asked, OutputFolder output, RunEvents events, RunInterruption interruption)
      throws IOException {
    Before before = Before.nothing();
    RunFolder.requireResumable(run);
    RunIdentity.requireResumable(run, asked);
    try (PreparedRun prepared = output.prepare(asked, events)) {
      return new FineTuneRun(asked, prepared, output, before, events, interruption, TimeLimit.NONE)
          .resume(run);
    }
  }

  private Completed resume(Path run) throws IOException {
    RunRecord before = RunFolder.recordOf(run);
    identity.requireSame(run, before, events);
    identity.requireSame(run, checkpoints(RunFolder.checkpoints(run)).identity());
    RunRecord again = begun().resumedAt(before.resumed());
    return run(RunFolder.resume(output, run, again));
  }

  private Checkpoints checkpoints(Path folder) {
    return new Checkpoints(folder, identity.text(), events::warned, Checkpoints.Pace.DEFAULT);
  }

  private Completed run() throws IOException {
    return run(
        output.begin(
            prepared.name(),
            begun(),
            RecipeReader.write(DataSets.withAbsolutePaths(recipe), asked)));
  }

  private RunRecord begun() {
    return RunRecord.running(identity.provenance(), identity.data());
  }

  private Completed run(RunFolder opened) throws IOException {
    try (RunFolder folder = opened) {
      Closeable exit = interruption.atExit(() -> interrupt(folder));
      try {
        return steps(folder);
      } catch (OutOfMemoryError e) {
        fail(folder, "There was not enough memory: " + e.getMessage() + ".");
        throw e;
      } catch (IOException | RuntimeException | Error e) {
        fail(folder, e.getMessage());
        throw e;
      } finally {
        exit.close();
      }
    }
  }

  private void fail(RunFolder folder, String message) {
    folder.fail(message);
    model(folder).ifPresent(model -> events.warned("The run failed after it saved " + model + "."));
  }

  private void interrupt(RunFolder folder) {
    if (folder.interrupt()) {
      events.interrupted(folder.path(), model(folder));
    }
  }

  private static Optional<Path> model(RunFolder folder) {
    return Optional.of(folder.model()).filter(Files::isDirectory);
  }

  /** Runs the steps in the order of ARCHITECTURE.md's data flow. */
  private Completed steps(RunFolder folder) throws IOException {
    events.begun(folder.path());
    Stopwatch watch = new Stopwatch();
    Optional<Ranges> ranges = quarantining(folder, prepared::ranges);
    try (Features features = quarantining(folder, () -> prepared.features(ranges))) {
      return steps(folder, watch, ranges, features);
    }
  }

  private Completed steps(
      RunFolder folder, Stopwatch watch, Optional<Ranges> ranges, Features features)
      throws IOException {
    Survey survey = quarantining(folder, prepared::survey);
    Split split = split(survey, folder);
    double featureSeconds = watch.lap();
    Long featureMemory = ResidentMemory.peak();
    var training =
        new TimedEvents(events, limit, interruption, split, recipe.training().batchSize().value());
    try (Tuning tuning =
        new Tuning(prepared, features, training, interruption, training.fitting())) {
      if (isTimed()) {
        tuning.saveInitialWeights();
      }
      Checkpoints checkpoints = checkpoints(folder.checkpoints());
      var recorder = new Recorder(folder, ranges, tuning, training, watch);
      Tuning.Result result = tuning.run(split, survey, checkpoints, EXAMPLES, recorder);
      History history = result.history();
      Tuning.Tested tested = result.tested();
      folder.write(TypicalityCsv.NAME, TypicalityCsv.of(tested.typicality()));
      write(folder, history, split, tested);
      double evaluationSeconds = watch.lap();
      Long evaluationMemory = ResidentMemory.peak();
      Optional<CrossValidation> folds =
          crossValidate(
              tuning, training, survey, history, recorder.trainingSeconds / split.train().length);
      if (folds.isPresent()) {
        folder.write("folds.csv", folds.get().toCsv());
        if (images.areFiles() && recipe.data().folds() > 0) {
          folder.write(
              LabelFiles.CSV, LabelFiles.csv(tuning.labelReview().orElseThrow(), labelFolder()));
        }
      }
      boolean lacksFolds = (recipe.data().folds() > 0 || tuning.replacesTest()) && folds.isEmpty();
      boolean cut =
          training.timeIsUp()
              ? lacksFolds && interruption.isRequested()
              : lacksFolds || tuning.isInterrupted();
      Completed ended =
          end(
              folder,
              split,
              tuning.network().design(),
              cut ? RunRecord.Status.INTERRUPTED : RunRecord.Status.COMPLETED,
              new RunRecord.Outcome(
                  history.epochs().isEmpty()
                      ? null
                      : epochs(history, training, tuning.isInterrupted()),
                  RunRecord.Figures.of(result.validated().evaluation()),
                  RunRecord.TestFigures.of(tested.evaluation(), tested.single()),
                  recipe.training().calibrate()
                      ? calibration(result.validated().temperature(), tested)
                      : null,
                  folds
                      .map(all -> RunRecord.CrossValidationFigures.of(all, tuning.replacesTest()))
                      .orElse(null),
                  new RunRecord.Seconds(
                      before.features() + featureSeconds,
                      recorder.trainingSeconds,
                      evaluationSeconds,
                      recorder.secondsBefore + before.total().lap()),
                  new RunRecord.Memory(
                      featureMemory,
                      recorder.trainingMemory,
                      evaluationMemory,
                      ResidentMemory.peak()),
                  new RunRecord.Cache(features.isHit() && !before.computed(), features.bytes()),
                  head(tuning.convexHead())));
      if (!cut) {
        checkpoints.delete();
      }
      return ended;
    }
  }

  /** Saves the model as soon as it is trained, and measures the training. */
  private final class Recorder implements Tuning.Steps {
    private final RunFolder folder;
    private final Optional<Ranges> ranges;
    private final Tuning tuning;
    private final TimedEvents training;
    private final Stopwatch watch;

    /** Training seconds of the epochs before the training was resumed. */
    private double secondsBefore;

    private double trainingSeconds;
    private Long trainingMemory;

    Recorder(
        RunFolder folder,
        Optional<Ranges> ranges,
        Tuning tuning,
        TimedEvents training,
        Stopwatch watch) {
      this.folder = folder;
      this.ranges = ranges;
      this.tuning = tuning;
      this.training = training;
      this.watch = watch;
    }

    @Override
    public void interrupted() {
      interrupt(folder);
    }

    @Override
    public void trained(History history) throws IOException {
      trainingMemory = ResidentMemory.peak();
      Optional<RunRecord.Resumed> resumed = training.resumed();
      if (resumed.isPresent()) {
        secondsBefore =
            history.epochs().stream()
                .limit(resumed.get().epochs())
                .mapToDouble(History.Epoch::seconds)
                .sum();
        folder.update(
            record ->
                record.resumedAt(
                    Stream.concat(record.resumed().stream(), resumed.stream()).toList()));
      }
      trainingSeconds = secondsBefore + watch.lap();
    }

    @Override
    public void validated(Tuning.Validated validated, Typicality typicality) throws IOException {
      folder.saveModel(
          model ->
              prepared.save(model, tuning.network(), validated.temperature(), ranges, typicality));
    }
  }

  private boolean isTimed() {
    return !limit.equals(TimeLimit.NONE);
  }

  /**
   * Cross-validates, unless the run's time is over and does not suffice for the folds.
   *
   * @param image seconds of the training per training image
   */
  private Optional<CrossValidation> crossValidate(
      Tuning tuning, TimedEvents training, Survey survey, History history, double image)
      throws IOException {
    if (training.timeIsUp()
        && recipe.data().folds() > 0
        && limit.secondsLeft() < secondsOfFolds(training, history)) {
      events.warned(
          "Not cross-validated: the time is up. Give more time, or set folds or epochs lower.");
      return Optional.empty();
    }
    boolean mayUseRest =
        isTimed()
            && !training.timeIsUp()
            && !interruption.isRequested()
            && recipe.data().folds() == 0
            && !tuning.replacesTest();
    // A fold may need all epochs where this training stopped early.
    double epochs =
        history.epochs().isEmpty()
            ? 1
            : (double) recipe.training().epochs() / history.epochs().size();
    int rest =
        mayUseRest ? TimedRun.restFolds(images.size(), limit, image * images.size() * epochs) : 0;
    return rest > 0 ? crossValidateInRest(tuning, survey, rest) : tuning.crossValidate(survey);
  }

  /** Cross-validates until the time is over; a failure does not lose the run's results. */
  private Optional<CrossValidation> crossValidateInRest(Tuning tuning, Survey survey, int folds)
      throws IOException {
    events.usingRest(folds, limit.secondsLeft());
    interruption.defer(() -> events.say("Interrupted: not cross-validated."));
    RunInterruption stop = interruption.part();
    double seconds = Math.max(0, limit.secondsLeft() - SpeedProbe.FILES);
    CompletableFuture.delayedExecutor((long) (1000 * seconds), TimeUnit.MILLISECONDS)
        .execute(stop::request);
    try {
      return tuning.crossValidate(survey, folds, stop);
    } catch (GraftException e) {
      events.warned("Not cross-validated: " + e.getMessage());
      return Optional.empty();
    }
  }

  private double secondsOfFolds(TimedEvents training, History history) {
    double epoch =
        history.epochs().stream().mapToDouble(History.Epoch::seconds).average().orElse(0);
    return epoch / training.trainedShare() * recipe.training().epochs() * recipe.data().folds();
  }

  private Path labelFolder() {
    return LabelFiles.folder(Path.of(recipe.data().source()));
  }

  private RunRecord.Head head(Optional<ConvexHead> convex) {
    SolverChoice choice = SolverChoice.of(asked, images.size());
    return new RunRecord.Head(
        choice.solver(),
        choice.reason(),
        convex.map(ConvexHead::strength).orElse(null),
        convex.map(head -> head.scaling().toString()).orElse(null));
  }

  private static RunRecord.Calibration calibration(Temperature temperature, Tuning.Tested tested) {
    return new RunRecord.Calibration(
        temperature.value(),
        temperature.images(),
        tested.uncalibrated().ece(),
        tested.evaluation().ece(),
        tested.uncalibrated().calibration().bins());
  }

  private RunRecord.Epochs epochs(History history, TimedEvents training, boolean interrupted) {
    int run = history.epochs().size();
    return new RunRecord.Epochs(
        run,
        history.best().epoch(),
        training.restored().orElse(run),
        run < recipe.training().epochs() && !interrupted);
  }

  private Completed end(
      RunFolder folder,
      Split split,
      NetworkDesign trained,
      RunRecord.Status status,
      RunRecord.Outcome outcome)
      throws IOException {
    RunRecord ended = folder.record().with(RunIdentity.parameters(trained)).ended(status, outcome);
    drawings.draw(
        folder.path().resolve(Reporter.PAGE),
        () -> Reporter.write(folder.path(), ended, trained, Reporter.images(data, split.test())));
    RunRecord warned = ended.with(drawings.warnings());
    folder.end(warned);
    Optional<String> example =
        images.areFiles() ? Optional.of(images.place(split.test()[0])) : Optional.empty();
    return new Completed(folder.path(), warned, example);
  }

  // Images.

  private void write(Survey survey, RunFolder folder) throws IOException {
    update(
        folder,
        known ->
            known.surveyed(
                images.quarantine().size(),
                new RunRecord.Duplicates(
                    survey.identical().size(),
                    survey.near().size(),
                    survey.conflicts().size(),
                    survey.leaks().size())));
  }

  private static void update(RunFolder folder, UnaryOperator<RunRecord.Data> change)
      throws IOException {
    folder.update(record -> record.with(change.apply(record.data())));
  }

  /** Makes an attempt, and lists the images that could not be read even if it fails. */
  private <T> T quarantining(RunFolder folder, IoSupplier<T> attempt) throws IOException {
    Closeable listing = () -> quarantine(folder);
    try (listing) {
      return attempt.get();
    }
  }

  private void quarantine(RunFolder folder) throws IOException {
    if (images.areFiles()) {
      folder.write("quarantine.csv", images.quarantine().toCsv(images::path));
      update(folder, known -> known.surveyed(images.quarantine().size(), known.duplicates()));
    }
  }

  private Split split(Survey survey, RunFolder folder) throws IOException {
    events.surveyed(data, survey);
    write(survey, folder);
    Split split = prepared.split(survey);
    events.split(data, split);
    update(
        folder,
        known -> known.split(split.train().length, split.validation().length, split.test().length));
    if (images.areFiles()) {
      folder.write(SplitCsv.NAME, SplitCsv.of(images, split));
    }
    if (!survey.alike().isEmpty()) {
      folder.write(Survey.CSV, survey.toCsv(i -> split.partOf(i)));
    }
    return split;
  }

  private void write(RunFolder folder, History history, Split split, Tuning.Tested tested)
      throws IOException {
    folder.write("history.csv", history.toCsv());
    Evaluator.writeTables(folder.path(), tested.evaluation(), images, split.test());
    drawings.drawRun(folder.plots(), title(), data, history, split, tested);
  }

  private String title() {
    return backbone.network().name()
        + " on "
        + data.name()
        // Random weights explain bad figures; that of pretrained ones is the normal case.
        + (backbone.weights().pretrained() ? "" : ", " + backbone.weights().title());
  }
}
