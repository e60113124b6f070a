package dev.graft.run;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.graft.GraftException;
import dev.graft.Progress;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Split;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Survey;
import dev.graft.engine.Devices;
import dev.graft.engine.OnnxSession;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Temperature;
import dev.graft.image.RgbImage;
import dev.graft.inference.SavedModel;
import dev.graft.network.NetworkDesign;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Charts;
import dev.graft.report.TypicalityCsv;
import dev.graft.training.Checkpoints;
import dev.graft.training.ConvexHead;
import dev.graft.training.EarlyStopping;
import dev.graft.training.TrainingEvents;
import dev.graft.tuning.CrossValidation;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.Features;
import dev.graft.tuning.PeakMemory;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SolverChoice;
import dev.graft.tuning.SpeedProbe;
import dev.graft.tuning.Stopwatch;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.Tuning;
import dev.graft.util.Build;
import dev.graft.util.Names;
import dev.graft.util.Text;
import dev.graft.zoo.LoadedBackbone;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A training run: from a recipe to a saved, evaluated model. */
public final class FineTuneRun {
  /** Number of test images for which a chart with the prediction is drawn. */
  private static final int EXAMPLES = 10;

  /** An epoch begins only if at least this share of it fits into the time that is left. */
  private static final double MIN_SHARE = 0.9;

  private final Before before;
  private final RunEvents events;
  private final RunInterruption interruption;

  /** Interrupts the training only, when its time is over. */
  private final RunInterruption fitting;

  private final TimeLimit limit;

  /** Whether training was stopped because its time was over. */
  private boolean timeIsUp;

  /** The part of an epoch that was trained before the time was over without a model. */
  private OptionalDouble cutShare = OptionalDouble.empty();

  /** The epoch whose weights were restored after the training. */
  private OptionalInt restored = OptionalInt.empty();

  private final PreparedRun prepared;
  private final OutputFolder output;
  private final Recipe asked;
  private final Recipe recipe;
  private final DataSet data;
  private final ImageSet images;
  private final Device device;
  private final LoadedBackbone backbone;
  private final DjlNetwork network;
  private final Drawings drawings;

  /** Where the training was resumed, in this process; {@code null} if it was not. */
  private RunRecord.Resumed resumed;

  /**
   * A run that ended with a model and figures.
   *
   * @param example a test image of the run, if its images are files
   */
  public record Completed(Path folder, RunRecord record, Optional<String> example) {}

  /**
   * What was done for a run before.
   *
   * @param total runs since the beginning
   * @param features seconds that the features took
   * @param computed whether they were computed, rather than cached from an earlier run
   */
  record Before(Stopwatch total, double features, boolean computed) {
    /** Returns the beginning of a run for which nothing was done before. */
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
    fitting = interruption.part();
    this.output = output;
    recipe = prepared.recipe();
    data = prepared.data();
    images = data.images();
    device = prepared.device();
    backbone = prepared.backbone();
    network = prepared.network();
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
    try {
      RecipeResolver.check(asked);
    } catch (GraftException e) {
      // A difference says more than why it is not possible; what is decided later is none.
      List<String> differences =
          differences(run, asked).stream()
              .filter(each -> !each.endsWith(" and is " + Recipe.AUTO))
              .toList();
      requireEqual(run, differences);
      throw e;
    }
    try (PreparedRun prepared = output.prepare(asked, events)) {
      return new FineTuneRun(asked, prepared, output, before, events, interruption, TimeLimit.NONE)
          .resume(run);
    }
  }

  private Completed resume(Path run) throws IOException {
    RunRecord before = RunFolder.recordOf(run);
    requireSame(run, before);
    RunRecord again = RunRecord.running(provenance(), record()).resumedAt(before.resumed());
    return run(RunFolder.resume(output, run, again));
  }

  private static List<String> differences(Path run, Recipe now) {
    return RecipeReader.differences(RunImages.recipe(run), DataSets.withAbsolutePaths(now));
  }

  /** Refuses to continue a run with other settings. */
  private static void requireEqual(Path run, List<String> differences) {
    if (!differences.isEmpty()) {
      throw new GraftException(
          run
              + " can't be resumed with other settings ("
              + String.join("; ", differences)
              + "): a run is resumed with the recipe it was started with. Leave these settings out,"
              + " or start a new run.");
    }
  }

  /** Refuses to continue a run with other data, recipe, engine or version of Graft. */
  private void requireSame(Path run, RunRecord before) {
    requireEqual(run, differences(run, recipe));
    List<String> differences = new ArrayList<>();
    RunRecord.Provenance then = before.provenance();
    RunRecord.Provenance now = provenance();
    if (!before.data().sha256().equals(data.sha256())) {
      differences.add("the images of " + data.name() + " have changed");
    }
    if (!then.weights().equals(now.weights())) {
      differences.add("the weights of the backbone have changed");
    }
    if (!engine(then).equals(engine(now))) {
      differences.add("the engine was " + engine(then) + " and is " + engine(now));
    }
    if (!then.gitCommit().equals(now.gitCommit())) {
      differences.add(
          "Graft was built from " + then.gitCommit() + " and is from " + now.gitCommit());
    }
    if (!differences.isEmpty()) {
      throw new GraftException(
          run
              + " can't be resumed, because "
              + String.join("; ", differences)
              + ". Change that back, or start a new run.");
    }
    if (!Objects.equals(then.engine().threads(), now.engine().threads())) {
      events.warned(
          Text.of(
              "The run was started with %s, and goes on with %s, so its results may differ in the"
                  + " last digits from those without the interruption.",
              threads(then), threads(now)));
    }
  }

  private static String threads(RunRecord.Provenance provenance) {
    Integer threads = provenance.engine().threads();
    return threads == null ? "the engine's number of threads" : Names.count(threads, "thread");
  }

  private static String engine(RunRecord.Provenance provenance) {
    RunRecord.Engine engine = provenance.engine();
    return engine.name() + " " + engine.version() + " on " + engine.device();
  }

  private Completed run() throws IOException {
    return run(
        output.begin(
            prepared.name(),
            RunRecord.running(provenance(), record()),
            RecipeReader.write(DataSets.withAbsolutePaths(recipe), asked)));
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
    Long featureMemory = PeakMemory.bytes();
    try (Tuning tuning = new Tuning(prepared, features, stoppable(split), interruption, fitting)) {
      if (isTimed()) {
        tuning.mayCrossValidate();
      }
      Checkpoints checkpoints =
          new Checkpoints(
              folder.checkpoints(), identity(), events::warned, Checkpoints.Pace.DEFAULT);
      History history = tuning.fit(split, survey, checkpoints);
      if (tuning.convexHead().isEmpty()) {
        requireModel(folder, history);
      }
      double secondsBefore = secondsBefore(history);
      double trainingSeconds = secondsBefore + watch.lap();
      recordResumption(folder);
      Long trainingMemory = PeakMemory.bytes();
      Tuning.Validated validated = tuning.validate(split);
      // Before the test, so that no later failure loses the training.
      Typicality typicality = tuning.typicality(split, survey);
      save(
          folder,
          tuning.network(),
          validated.temperature(),
          new SavedModel.Extras(
              ranges, Optional.of(typicality), recipe.training().averageMirror()));
      Tuning.Tested tested = tuning.test(split, validated.temperature(), EXAMPLES);
      folder.write(
          TypicalityCsv.NAME, TypicalityCsv.of(tuning.typicality(typicality, split.test())));
      write(folder, history, split, tested);
      double evaluationSeconds = watch.lap();
      Long evaluationMemory = PeakMemory.bytes();
      Optional<CrossValidation> folds =
          crossValidate(tuning, survey, history, trainingSeconds / split.train().length);
      if (folds.isPresent()) {
        folder.write("folds.csv", folds.get().toCsv());
        if (images.areFiles() && recipe.data().folds() > 0) {
          folder.write(LabelFiles.CSV, LabelFiles.csv(tuning.labelReview().orElseThrow(), data()));
        }
      }
      boolean lacksFolds = recipe.data().folds() > 0 && folds.isEmpty();
      boolean cut =
          timeIsUp
              ? lacksFolds && interruption.isRequested()
              : lacksFolds || tuning.isInterrupted();
      Completed ended =
          end(
              folder,
              split,
              tuning.network().design(),
              cut ? RunRecord.Status.INTERRUPTED : RunRecord.Status.COMPLETED,
              new RunRecord.Outcome(
                  history.epochs().isEmpty() ? null : epochs(history, tuning.isInterrupted()),
                  RunRecord.Figures.of(validated.evaluation()),
                  RunRecord.TestFigures.of(tested.evaluation(), tested.single()),
                  recipe.training().calibrate()
                      ? calibration(validated.temperature(), tested)
                      : null,
                  folds
                      .map(all -> RunRecord.CrossValidation.of(all, tuning.replacesTest()))
                      .orElse(null),
                  new RunRecord.Seconds(
                      before.features() + featureSeconds,
                      trainingSeconds,
                      evaluationSeconds,
                      secondsBefore + before.total().lap()),
                  new RunRecord.Memory(
                      featureMemory, trainingMemory, evaluationMemory, PeakMemory.bytes()),
                  new RunRecord.Cache(features.isHit() && !before.computed(), features.bytes()),
                  head(tuning.convexHead())));
      if (!cut) {
        checkpoints.delete();
      }
      return ended;
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
      Tuning tuning, Survey survey, History history, double image) throws IOException {
    if (timeIsUp && recipe.data().folds() > 0 && limit.secondsLeft() < secondsOfFolds(history)) {
      events.warned(
          "Not cross-validated: the time is up. Give more time, or set folds or epochs lower.");
      return Optional.empty();
    }
    boolean mayUseRest =
        isTimed()
            && !timeIsUp
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

  private double secondsOfFolds(History history) {
    double epoch =
        history.epochs().stream().mapToDouble(History.Epoch::seconds).average().orElse(0);
    return epoch / cutShare.orElse(1) * recipe.training().epochs() * recipe.data().folds();
  }

  /** Identifies the run in its checkpoints. */
  private String identity() {
    return String.join(
        "\n",
        data.sha256(),
        backbone.weights().sha256(),
        engine(provenance()),
        Build.commit(),
        RecipeReader.write(DataSets.withAbsolutePaths(recipe)));
  }

  /** Returns the training seconds of the epochs before the training was resumed. */
  private double secondsBefore(History history) {
    return resumed == null
        ? 0
        : history.epochs().stream()
            .limit(resumed.epochs())
            .mapToDouble(History.Epoch::seconds)
            .sum();
  }

  private void recordResumption(RunFolder folder) throws IOException {
    if (resumed != null) {
      folder.update(
          record ->
              record.resumedAt(
                  Stream.concat(record.resumed().stream(), Stream.of(resumed)).toList()));
    }
  }

  private Path data() {
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

  private RunRecord.Epochs epochs(History history, boolean interrupted) {
    int run = history.epochs().size();
    return new RunRecord.Epochs(
        run,
        history.best().epoch(),
        restored.orElse(run),
        run < recipe.training().epochs() && !interrupted);
  }

  private Completed end(
      RunFolder folder,
      Split split,
      NetworkDesign trained,
      RunRecord.Status status,
      RunRecord.Outcome outcome)
      throws IOException {
    RunRecord ended = folder.record().with(parameters(trained)).ended(status, outcome);
    drawings.draw(
        folder.path().resolve(Reporter.PAGE),
        () ->
            Reporter.write(
                folder.path(), ended, trained, Reporter.TestImages.of(data, split.test())));
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

  private interface Attempt<T> {
    T run() throws IOException;
  }

  /** Makes an attempt, and lists the images that could not be read even if it fails. */
  private <T> T quarantining(RunFolder folder, Attempt<T> attempt) throws IOException {
    try {
      T result = attempt.run();
      quarantine(folder);
      return result;
    } catch (IOException | RuntimeException e) {
      try {
        quarantine(folder);
      } catch (IOException second) {
        e.addSuppressed(second); // the first failure is the cause
      }
      throw e;
    }
  }

  private void quarantine(RunFolder folder) throws IOException {
    if (images.areFiles()) {
      folder.write("quarantine.csv", images.quarantine().toCsv());
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

  // Training.

  /**
   * Returns the events of the training; from the first improvement on, there is a model to save. If
   * the time is over before, the epoch ends, so that its weights can be validated.
   */
  private TrainingEvents stoppable(Split split) {
    int images = split.validation().length + split.test().length;
    // In training steps.
    double validation =
        SpeedProbe.FORWARD * split.validation().length / recipe.training().batchSize().value();
    return new TrainingEvents() {
      private boolean canStop;
      private int epoch = 1;

      @Override
      public void epoch(
          History history, int epochs, EarlyStopping.Decision decision, int bestEpoch) {
        events.epoch(history, epochs, decision, bestEpoch);
        epoch++;
        if (decision == EarlyStopping.Decision.IMPROVED) {
          interruption.defer(() -> events.stopping(bestEpoch, images));
          fitting.defer(() -> events.timeIsUp(bestEpoch));
          canStop = true;
        }
        double next = history.epochs().get(history.epochs().size() - 1).seconds();
        if (cutShare.isPresent()) {
          stopWithout(Double.POSITIVE_INFINITY);
        } else if (canStop && history.epochs().size() < epochs) {
          stopWithout(next * MIN_SHARE);
        }
      }

      @Override
      public boolean endsEpoch() {
        return cutShare.isPresent();
      }

      @Override
      public void resumed(History history, int batch, int batches) {
        resumed = new RunRecord.Resumed(history.epochs().size(), batch);
        events.resumed(history, batch, batches);
        if (!history.epochs().isEmpty()) {
          int best = history.best().epoch();
          interruption.defer(() -> events.stopping(best, images));
        }
      }

      @Override
      public void stoppedEarly(int patience) {
        events.stoppedEarly(patience);
      }

      @Override
      public void restored(int bestEpoch, int epochs) {
        restored = OptionalInt.of(bestEpoch);
        events.restored(bestEpoch, epochs);
      }

      @Override
      public Progress progress(String task, String unit, long total) {
        Progress shown = events.progress(task, unit, total);
        Stopwatch watch = new Stopwatch(); // from the first batch on
        return new Progress() {
          private double seconds;

          @Override
          public void stepTo(long done) {
            shown.stepTo(done);
            seconds += watch.lap();
            double batch = seconds / Math.max(1, done - 1);
            if (canStop) {
              stopWithout(0);
            } else if (done < total && limit.secondsToTrain() < batch * validation) {
              timeIsUp = true;
              cutShare = OptionalDouble.of((double) done / total);
              events.epochCut(epoch, done, total);
            }
          }

          @Override
          public void close() {
            shown.close();
          }
        };
      }

      @Override
      public void say(String line) {
        events.say(line);
      }
    };
  }

  /** Stops training unless this many seconds are left for it. */
  private void stopWithout(double seconds) {
    if (!fitting.isRequested() && limit.secondsToTrain() < seconds) {
      timeIsUp = true;
      fitting.request();
    }
  }

  private void requireModel(RunFolder folder, History history) {
    if (history.epochs().isEmpty()) {
      folder.interrupt();
      throw new GraftException(
          "Interrupted before the end of the first epoch, so no model was saved.");
    }
    history.best();
  }

  private void write(RunFolder folder, History history, Split split, Tuning.Tested tested)
      throws IOException {
    folder.write("history.csv", history.toCsv());
    Evaluation evaluation = tested.evaluation();
    EvaluationFiles.write(folder.path(), evaluation);
    if (images.areFiles()) {
      folder.write(
          "mistakes.csv", evaluation.mistakesCsv(place -> images.place(split.test()[place])));
    }
    draw(folder.plots(), history, split, tested);
  }

  private void draw(Path plots, History history, Split split, Tuning.Tested tested) {
    String title =
        backbone.network().name()
            + " on "
            + data.name()
            // Random weights explain bad figures; that of pretrained ones is the normal case.
            + (backbone.weights().pretrained() ? "" : ", " + backbone.weights().title());
    if (!history.epochs().isEmpty()) {
      Path loss = plots.resolve("loss.png");
      drawings.draw(loss, () -> Charts.loss(loss, history, title));
      Path accuracy = plots.resolve("accuracy.png");
      drawings.draw(accuracy, () -> Charts.accuracy(accuracy, history, title));
    }
    for (int i = 0; i < tested.first().size(); i++) {
      Path file = plots.resolve("test-" + i + ".png");
      int index = split.test()[i];
      float[] probabilities = tested.first().get(i);
      drawings.draw(
          file,
          () ->
              image(index)
                  .ifPresent(
                      image ->
                          Charts.prediction(
                              file,
                              image,
                              data.classes(),
                              images.label(index),
                              probabilities,
                              title)));
    }
    Path calibration = plots.resolve("calibration.png");
    drawings.draw(
        calibration,
        () ->
            Charts.calibration(
                calibration,
                tested.uncalibrated().calibration(),
                tested.evaluation().calibration(),
                title));
    EvaluationFiles.draw(
        plots, tested.evaluation(), title, place -> image(split.test()[place]), drawings);
  }

  private Optional<RgbImage> image(int index) {
    return images.read(index, Charts.MIN_SIDE);
  }

  private void save(
      RunFolder folder, DjlNetwork trained, Temperature temperature, SavedModel.Extras extras)
      throws IOException {
    folder.saveModel(
        model ->
            SavedModel.save(
                trained.withTemperature(temperature.value()),
                model,
                prepared.name(),
                backbone.weights().title(),
                data.classes(),
                recipe.head(),
                extras));
  }

  // Record.

  private RunRecord.Data record() {
    return new RunRecord.Data(data.name(), data.classes().size(), data.sha256());
  }

  private RunRecord.Provenance provenance() {
    Engine engine = Engine.getInstance();
    LoadedBackbone.Provenance weights = backbone.weights();
    return new RunRecord.Provenance(
        backbone.network().name(),
        new RunRecord.Weights(weights.source(), weights.sha256(), weights.pretrained()),
        recipe.seed(),
        new RunRecord.Engine(
            engine.getEngineName(),
            engine.getVersion(),
            Engine.getDjlVersion(),
            device.toString(),
            Devices.threads(),
            recipe.head().solver() == Recipe.Solver.NEWTON
                ? null
                : recipe.training().precision().name().toLowerCase(Locale.ROOT),
            System.getProperty("java.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.arch")),
        featureEngine(engine),
        Build.commit(),
        parameters(network.design()));
  }

  private static RunRecord.Parameters parameters(NetworkDesign design) {
    return new RunRecord.Parameters(design.parameters(), design.trainedParameters());
  }

  private RunRecord.FeatureEngine featureEngine(Engine engine) {
    if (network.design().cut() == 0) {
      return null;
    }
    String precision = recipe.execution().precision().name().toLowerCase(Locale.ROOT);
    return recipe.execution().frozenPartEngine() == Recipe.FrozenPartEngine.ONNXRUNTIME
        ? new RunRecord.FeatureEngine(OnnxSession.NAME, OnnxSession.version(), precision)
        : new RunRecord.FeatureEngine(engine.getEngineName(), engine.getVersion(), precision);
  }
}
