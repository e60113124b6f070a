package dev.graft.run;

import dev.graft.data.Cifar10Images;
import dev.graft.engine.Devices;
import dev.graft.engine.OnnxSession;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.DataSets;
import dev.graft.tuning.Features;
import dev.graft.tuning.Plan;
import dev.graft.tuning.PlanReplacement;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SolverChoice;
import dev.graft.tuning.SpeedProbe;
import dev.graft.tuning.Stopwatch;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.TimePlanner;
import dev.graft.tuning.TimePlanner.Choice;
import dev.graft.tuning.TimePlanner.Estimate;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * The best run that a given time allows. Speeds are measured, a plan is chosen, and its features
 * are computed; if that turns out to be slower than planned, a cheaper plan is chosen. Then the
 * number of epochs follows from the time that is left, and the plan runs.
 */
public final class TimedRun {
  /** Share of the features after which their measured speed is reliable. */
  private static final double KNOWN = 0.05;

  /** Share of the time that must be left for a cross-validation that the user did not ask for. */
  private static final double MUCH = 0.5;

  /** Numbers of folds of such a cross-validation. */
  private static final int MIN_FOLDS = 3;

  private static final int MAX_FOLDS = 10;

  private final Recipe asked;
  private final Set<String> given;
  private final OutputFolder output;
  private final TimeLimit limit;
  private final RunEvents events;
  private final Stopwatch total = new Stopwatch();

  private SpeedProbe probe;

  /** Seconds that the features of the plan took, and whether any of them was computed. */
  private double featureSeconds;

  private boolean computed;

  /** Number of epochs of the plan that was published last. */
  private int plannedEpochs;

  private TimedRun(
      Recipe asked, Set<String> given, OutputFolder output, TimeLimit limit, RunEvents events) {
    this.asked = asked;
    this.given = isInt8Possible(asked) ? given : withPrecision(given);
    this.output = output;
    this.limit = limit;
    this.events = events;
  }

  /** Returns whether ONNX Runtime computes the frozen part; otherwise plans stay in float32. */
  private static boolean isInt8Possible(Recipe asked) {
    return OnnxSession.isAvailable() && !Devices.device(asked.execution().device()).isGpu();
  }

  private static Set<String> withPrecision(Set<String> given) {
    return Stream.concat(given.stream(), Stream.of("precision")).collect(Collectors.toSet());
  }

  /** Ends the features of a plan that is too slow. */
  private static final class TooSlow extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final double factor;

    /**
     * @param factor by which the features are slower than planned
     */
    TooSlow(double factor) {
      super("too slow", null, false, false);
      this.factor = factor;
    }
  }

  /**
   * Runs the best plan. If none fits, the fastest one runs: its features may take longer than the
   * limit.
   *
   * @param asked the user's recipe
   * @param given the keys that the user has set, which the plan does not change
   * @throws dev.graft.GraftException as for {@link FineTuneRun#run}
   */
  public static FineTuneRun.Completed run(
      Recipe asked,
      Set<String> given,
      OutputFolder output,
      TimeLimit limit,
      RunEvents events,
      RunInterruption interruption)
      throws IOException {
    return new TimedRun(asked, given, output, limit, events).run(interruption);
  }

  private FineTuneRun.Completed run(RunInterruption interruption) throws IOException {
    PlanReplacement plans = measure();
    Choice choice = plans.choose();
    planned(choice, false);
    while (true) {
      try {
        Featurized ready = featurize(choice, plans);
        return FineTuneRun.run(
            ready.recipe,
            output,
            events,
            interruption,
            limit.reserving(ready.after),
            new FineTuneRun.Before(total, featureSeconds, computed));
      } catch (TooSlow e) {
        boolean replaced = plans.replace(choice.estimate(), e.factor);
        choice = plans.choose();
        if (replaced) {
          featureSeconds = 0;
          computed = false;
          planned(choice, true);
        }
      }
    }
  }

  private void planned(Choice choice, boolean again) {
    Plan plan = choice.estimate().plan();
    plannedEpochs = choice.epochs();
    events.planned(choice, plan.over(asked, given), limit, again);
    boolean crossValidates = isSmall(probe.images()) && asked.data().folds() == 0;
    boolean isMuch = choice.fits() && choice.seconds() < MUCH * limit.secondsLeft();
    if (isMuch && (plan.isGiven() || crossValidates)) {
      events.timeIsLeft(crossValidates);
    }
  }

  /** Returns whether data is small enough to be cross-validated in the time that is left. */
  private static boolean isSmall(int images) {
    return images <= SolverChoice.MAX_IMAGES;
  }

  /**
   * Returns the number of folds for which the rest of the time suffices.
   *
   * @param images number of all images
   * @param seconds that the training of one fold takes
   * @return 0 if none is to be used: too little is left, or the images are many
   */
  static int restFolds(int images, TimeLimit limit, double seconds) {
    double fit = TimePlanner.PLANNED * (limit.secondsLeft() - SpeedProbe.FILES) / seconds;
    boolean isMuch = limit.shareGone() < 1 - MUCH;
    return isSmall(images) && isMuch && fit >= MIN_FOLDS ? (int) Math.min(MAX_FOLDS, fit) : 0;
  }

  /**
   * A plan whose features are computed.
   *
   * @param after seconds that its run needs after training
   */
  private record Featurized(Recipe recipe, double after) {}

  private PlanReplacement measure() throws IOException {
    probe = new SpeedProbe(() -> DataSets.open(asked, new ProgressOnly(events)), asked);
    return new PlanReplacement(
        plans(), plans -> probe.measure(plans, asked, given, limit), limit::secondsLeft);
  }

  /**
   * Returns the plans for the user's recipe, the most accurate first. Trained stages are only
   * considered for all of CIFAR-10, on which plans are measured. For other images than CIFAR-10 the
   * default is the best that is known, and cheaper plans follow.
   */
  private List<Plan> plans() {
    boolean whole = asked.data().source().equals(Cifar10Images.NAME);
    List<Plan> suitable =
        Plan.all().stream()
            .filter(plan -> plan.suits(asked, given))
            .filter(plan -> whole || plan.isForAllImages())
            .map(plan -> given.contains("epochs") ? plan.of(asked.training().epochs()) : plan)
            .toList();
    boolean isSample = asked.data().source().equals(Cifar10Images.SAMPLE);
    return (whole || isSample) && !suitable.isEmpty()
        ? suitable
        : Stream.concat(Stream.of(Plan.ofRecipe(asked)), suitable.stream()).toList();
  }

  /**
   * Computes the features of a plan, and returns its recipe with the number of epochs.
   *
   * @throws TooSlow if the plan will not end in time, and another one might
   */
  private Featurized featurize(Choice choice, PlanReplacement plans) throws IOException {
    Estimate estimate = choice.estimate();
    Recipe recipe = estimate.plan().over(asked, given);
    if (!recipe.execution().cache()) {
      return new Featurized(recipe, estimate.after());
    }
    Watched watched = new Watched(recipe, estimate, plans);
    try (PreparedRun prepared = output.prepare(recipe, watched);
        Features features = features(prepared)) {
      if (prepared.recipe().head().solver().is(Recipe.Solver.NEWTON)) {
        return new Featurized(recipe, estimate.after());
      }
      double image = SpeedProbe.secondsPerTrainedImage(prepared, features);
      return withEpochs(recipe, estimate.afterFeatures(image), plans);
    }
  }

  private Features features(PreparedRun prepared) throws IOException {
    Stopwatch watch = new Stopwatch();
    try {
      Features features = prepared.features(prepared.ranges());
      computed |= !features.isHit();
      return features;
    } finally {
      featureSeconds += watch.lap();
    }
  }

  /**
   * Sets the number of epochs that the rest of the time allows.
   *
   * @throws TooSlow if they are too few, and another plan fits
   */
  private Featurized withEpochs(Recipe recipe, Estimate measured, PlanReplacement plans) {
    if (given.contains("epochs") || measured.plan().isGiven()) {
      return new Featurized(recipe, measured.after());
    }
    int epochs = measured.epochsWithin(TimePlanner.PLANNED * limit.secondsLeft());
    if (epochs < measured.plan().minEpochs() && plans.isReplaceable(measured.plan(), 1)) {
      throw new TooSlow(1);
    }
    return new Featurized(withEpochs(recipe, epochs, plannedEpochs, events), measured.after());
  }

  /**
   * Returns a recipe with a number of epochs, but at least one after head epochs and warm-up.
   *
   * @param planned the number before, of which {@code events} has been notified
   */
  static Recipe withEpochs(Recipe recipe, int epochs, int planned, RunEvents events) {
    Recipe.Training training = recipe.training();
    int least = (int) Math.floor(training.headEpochs() + training.warmupEpochs()) + 1;
    int set = Math.max(least, epochs);
    if (set != planned) {
      events.epochsChanged(planned, set);
    }
    return recipe.with(training.withEpochs(set));
  }

  /** Watches the speed of a plan's features. */
  private final class Watched extends ProgressOnly {
    private final Estimate estimate;
    private final PlanReplacement plans;

    /** For each view, the share of all images whose features are computed. */
    private final double[] shares;

    /** Number of views whose features are cached or being computed. */
    private int begun;

    Watched(Recipe recipe, Estimate estimate, PlanReplacement plans) {
      super(events);
      this.estimate = estimate;
      this.plans = plans;
      shares = probe.shares(recipe);
    }

    @Override
    public void cached(View view) {
      begun++;
    }

    @Override
    public void computing(int missing, int kept, RecordLayout layout, View view, String folder) {
      begun++;
      events.computing(missing, kept, layout, view, folder);
    }

    @Override
    public void computed(int images, double seconds, long bytes, View view) {
      events.computed(images, seconds, bytes, view);
    }

    @Override
    public Progress progress(String task, String unit, long total) {
      Progress shown = super.progress(task, unit, total);
      if (!task.equals("features")) {
        return shown;
      }
      double share = shares[begun - 1];
      double planned = estimate.features() * share / DoubleStream.of(shares).sum();
      double coming = DoubleStream.of(shares).skip(begun).sum() / share * total;
      return new TimedProgress(
          shown,
          (done, seconds) -> {
            if (done > KNOWN * total) {
              double each = seconds / done;
              check(each * total / planned, each * (total - done + coming));
            }
          });
    }

    /**
     * Ends the features if this plan will not end in time, and another one might.
     *
     * @param factor by which the features are slower than planned
     * @param rest seconds for the other features
     */
    private void check(double factor, double rest) {
      boolean late = rest + factor * estimate.trainingSeconds() > limit.secondsLeft();
      if (factor > 1 && late && plans.mayBeReplaceable(estimate.plan(), factor)) {
        throw new TooSlow(factor);
      }
    }
  }
}
