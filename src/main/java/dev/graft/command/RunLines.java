package dev.graft.command;

import ai.djl.Device;
import com.google.errorprone.annotations.FormatMethod;
import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.engine.Bfloat16;
import dev.graft.engine.Devices;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.View;
import dev.graft.network.NetworkDesign;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.Recipe.TrainingPrecision;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Comparison;
import dev.graft.training.ConvexHead;
import dev.graft.training.EarlyStopping;
import dev.graft.tuning.Plan;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.SolverChoice;
import dev.graft.tuning.TimeLimit;
import dev.graft.tuning.TimePlanner;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import dev.graft.zoo.BackboneInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The console lines of a run, on standard error and in its log. */
final class RunLines implements RunEvents {
  /**
   * Maximum length of a layer table on the console, above that of the notebook's network; longer
   * tables go to the log only.
   */
  private static final int MAX_TABLE_LINES = 40;

  /** Keys that have no effect on a built-in backbone. */
  private static final List<String> OF_EXTERNAL_BACKBONES = List.of("variant", "tokens", "output");

  /** Maximum length of a line of settings, unless a single one is longer. */
  private static final int MAX_LINE = 110;

  private final Console console;

  /** The lines of the warnings so far, each of which is printed once. */
  private final Set<String> warnings = new LinkedHashSet<>();

  /** The views whose features were computed. */
  private final Set<View> computed = new HashSet<>();

  private final Purpose purpose;

  /** Number of images that were known to be unreadable when they were listed. */
  private int listedUnreadable;

  /** What the images are prepared for. */
  enum Purpose {
    /** A run or an evaluation, which lists all duplicates in a file of its folder. */
    RUN,
    /** A run that is resumed, whose recipe is the one that it wrote. */
    RESUMED_RUN,
    /**
     * Labels are checked; all duplicates are listed in a file, and there is no head to describe.
     */
    LABELS,
    OTHER
  }

  RunLines(Console console) {
    this(console, Purpose.OTHER);
  }

  RunLines(Console console, Purpose purpose) {
    this.console = console;
    this.purpose = purpose;
  }

  private String allDuplicates() {
    return switch (purpose) {
      case RUN, RESUMED_RUN, LABELS -> " in " + Survey.CSV;
      case OTHER -> "";
    };
  }

  @FormatMethod
  private void say(String format, Object... values) {
    console.say(Text.of(format, values));
  }

  @Override
  public void say(String line) {
    console.say(line);
  }

  /** Prints a warning, unless it was printed before. */
  private void warn(List<String> lines) {
    if (warnings.addAll(lines)) {
      console.sayAll(lines);
    }
  }

  /** Returns lines that name the warnings of the run, without their details; none if none. */
  List<String> warningLines() {
    List<String> lines = new ArrayList<>();
    warnings.stream()
        .filter(line -> !line.startsWith(" ")) // a detail
        .map(line -> "  " + line.replaceFirst("^Warning: ", "").replaceFirst(":$", ""))
        .forEach(lines::add);
    if (!lines.isEmpty()) {
      lines.add(0, "Warnings of this run (details: above, and in its log.txt):");
    }
    return lines;
  }

  @Override
  public Progress progress(String task, String unit, long total) {
    return console.progress(task, unit, total);
  }

  @Override
  public void found(DataSet data) {
    console.say("Data: " + data.origin());
  }

  @Override
  public void listed(DataSet data, Survey survey) {
    listedUnreadable = data.images().quarantine().size();
    console.sayAll(SurveyLines.classes(data));
    List<String> identical = SurveyLines.identical(survey, allDuplicates());
    console.sayAll(identical);
    identical.stream().filter(SurveyLines::isWarning).forEach(warnings::add);
  }

  @Override
  public void decided(Recipe asked, Recipe decided, int smaller) {
    if (purpose == Purpose.RESUMED_RUN) {
      say("Recipe: that of the run (recipe.yaml)");
      return;
    }
    boolean convex = decided.head().solver().is(Recipe.Solver.NEWTON);
    Map<String, String> changed = RecipeReader.changes(RecipeReader.defaults(), asked);
    List<String> given = List.copyOf(changed.keySet());
    Map<String, String> chosen = RecipeReader.changes(asked, withDevice(decided));
    if (convex) {
      changed.keySet().removeIf(Comparison::isIgnoredByConvexHead);
      chosen.keySet().removeIf(Comparison::isIgnoredByConvexHead);
    }
    if (purpose != Purpose.LABELS) {
      String except = changed.isEmpty() ? "" : ", except ";
      console.sayAll(settings("Recipe: defaults" + except, changed));
      if (!chosen.isEmpty()) {
        console.sayAll(settings("Chosen by Graft: ", chosen));
      }
    }
    if (asked.backbone().name().equals(Recipe.AUTO)
        && decided.backbone().name().equals(BackboneInfo.PHOTOGRAPHS)) {
      say(
          "Network: %s, the most accurate on photographs for its time on a CPU"
              + " (--backbone vgg16 selects VGG16).",
          decided.backbone().name());
    }
    say(
        "Input: %dx%d pixels%s%s",
        decided.input().size().value(),
        decided.input().size().value(),
        asked.input().size().isAuto()
            ? ", from the network and the size of the images (--set input-size=N for another)"
            : ", from the recipe",
        smaller == 0 ? "" : Text.of("; %s scaled up", Names.count(smaller, "smaller image")));
    if (!convex && purpose != Purpose.LABELS) {
      say("Training: %s", precision(asked, decided));
    }
    if (convex) {
      withoutEffect("head.solver is newton", given, Comparison::isIgnoredByConvexHead);
    }
    if (decided.backbone().unfreeze().equals(NetworkDesign.NONE)) {
      withoutEffect("unfreeze is none", given, Comparison::isOfTrainedStages);
    }
    if (RecipeResolver.external(decided).isEmpty()) {
      withoutEffect("the backbone is built in", given, OF_EXTERNAL_BACKBONES::contains);
    }
    if (given.contains("crop-share") && !RecipeResolver.crops(decided)) {
      withoutEffect("framing is not center-crop", given, "crop-share"::equals);
    }
  }

  /** Names the given keys that have no effect. */
  private void withoutEffect(String why, List<String> given, Predicate<String> isOne) {
    List<String> keys = given.stream().filter(isOne).toList();
    if (!keys.isEmpty()) {
      warn(List.of(Text.of("Without effect, because %s: %s.", why, String.join(", ", keys))));
    }
  }

  /** Returns settings in lines of at most {@link #MAX_LINE} characters. */
  private static List<String> settings(String title, Map<String, String> settings) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder(title);
    String separator = "";
    for (Map.Entry<String, String> each : settings.entrySet()) {
      String setting = each.getKey() + ": " + each.getValue();
      line.append(separator);
      if (line.length() + setting.length() >= MAX_LINE) { // a comma may follow
        lines.add(line.toString().stripTrailing());
        line = new StringBuilder("  ");
      }
      line.append(setting);
      separator = ", ";
    }
    lines.add(line.toString());
    return lines;
  }

  private static Recipe withDevice(Recipe recipe) {
    Device device = Devices.device(recipe.execution().device());
    String name = device.isGpu() ? "gpu" + device.getDeviceId() : "cpu";
    return recipe.with(recipe.execution().withDevice(name));
  }

  private static String precision(Recipe asked, Recipe decided) {
    boolean bfloat16 = decided.training().precision().is(TrainingPrecision.BFLOAT16);
    String chosen =
        bfloat16
            ? "products and activations between them in bfloat16, all else in float32"
            : "in float32";
    if (!asked.training().precision().isAuto()) {
      return chosen + ", from the recipe";
    }
    return chosen
        + Bfloat16.obstacle(Devices.device(decided.execution().device()))
            .map(why -> ", because " + why)
            .orElse(", because this processor has instructions for bfloat16")
        + " (--set training-precision=float32 or bfloat16 to choose)";
  }

  @Override
  public void solver(SolverChoice choice) {
    console.say("Head: " + solverLine(choice));
  }

  private static String solverLine(SolverChoice choice) {
    boolean newton = choice.solver() == Recipe.Solver.NEWTON;
    String what =
        newton
            ? "one linear layer (logistic regression), computed directly instead of trained in epochs"
                + " (head.solver: newton)"
            : "trained in epochs, by gradient descent (head.solver: gradient)";
    String why =
        switch (choice.reason()) {
          case RECIPE -> "from the recipe";
          case FEW_IMAGES ->
              Text.of(
                  "because there are at most %,d images; --set head.solver=gradient trains in epochs",
                  SolverChoice.MAX_IMAGES);
          case LINEAR_HEAD ->
              Text.of(
                  "because the head is linear, and there are at most %,d images;"
                      + " --set head.solver=gradient trains in epochs",
                  SolverChoice.MAX_IMAGES);
          case CIFAR10 -> "the default for CIFAR-10";
          case MANY_IMAGES -> "because there are many images";
          case TRAINS_BACKBONE -> "because more than the head is trained, or nothing is cached";
          case SETTINGS -> "because the recipe has settings of gradient training";
        };
    return what + ", " + why;
  }

  @Override
  public void fitted(ConvexHead head, int images, Evaluation outOfFold) {
    say(
        "Head: computed from %s. Cross-validation chose the scaling of the features (%s) and the L2"
            + " penalty %.2g",
        Names.count(images, "training image"), head.scaling(), head.strength());
    say(
        "  out-of-fold accuracy %.4f, loss %.4f: each training image predicted by a head that did not"
            + " see it",
        outOfFold.accuracy(), outOfFold.loss());
  }

  @Override
  public void designed(NetworkDesign network) {
    if (purpose == Purpose.LABELS) {
      return;
    }
    SummaryTable table = new SummaryTable(network);
    List<String> lines = table.lines();
    if (lines.size() <= MAX_TABLE_LINES) {
      console.sayAll(lines);
    } else {
      console.sayAll(table.stages());
      console.logAll(lines);
    }
  }

  @Override
  public void begun(Path folder) throws IOException {
    console.logTo(folder.resolve("log.txt"));
    console.say("Run: " + folder + " (all settings: recipe.yaml)");
  }

  @Override
  public void notCached() {
    console.say("No feature cache: every epoch passes through the whole network.");
  }

  @Override
  public void cached(View view) {
    if (!computed.contains(view)) { // otherwise this run computed them, and said so
      console.say(view.features() + ": all cached, no forward pass needed.");
    }
  }

  @Override
  public void computing(int missing, int kept, RecordLayout layout, View view, String folder) {
    if (kept > 0) {
      say("%s: %,d already cached in %s; reading %,d more", view.features(), kept, folder, missing);
      return;
    }
    say(
        "%s: computing %s once (%s each), cached in %s",
        view.features(),
        Names.count(missing, "different image"),
        Names.count(layout.values(), "value"),
        folder);
  }

  @Override
  public void computed(int images, double seconds, long bytes, View view) {
    computed.add(view);
    if (images == 0) {
      say("%s: none to compute, because what is not cached can't be read", view.features());
      return;
    }
    say(
        "%s: %s computed in %s, %.0f images/s; the cache holds %s",
        view.features(),
        Names.count(images, "image"),
        ConsoleProgress.duration(seconds),
        images / seconds,
        Names.bytes(bytes));
  }

  @Override
  public void surveyed(DataSet data, Survey survey) {
    warn(SurveyLines.quarantine(data.images().quarantine()));
    if (data.images().quarantine().size() > listedUnreadable) {
      console.say("Readable images: " + SurveyLines.support(data));
    }
    List<String> near = SurveyLines.near(survey, allDuplicates());
    console.sayAll(near);
    near.stream().filter(SurveyLines::isWarning).forEach(warnings::add);
  }

  @Override
  public void split(DataSet data, Split split) {
    List<String> lines = SplitLines.of(data, split);
    console.sayAll(lines);
    warnings.addAll(lines.subList(1, lines.size())); // after the numbers, the gaps
  }

  @Override
  public void epoch(History history, int epochs, EarlyStopping.Decision decision) {
    History.Epoch epoch = history.epochs().get(history.epochs().size() - 1);
    double seconds =
        history.epochs().stream().mapToDouble(History.Epoch::seconds).average().orElse(0);
    int left = epochs - epoch.epoch();
    int best = history.findBest().map(History.Epoch::epoch).orElse(0);
    String outlook =
        switch (decision) {
          case IMPROVED -> "best so far";
          case WAIT -> "no better than epoch " + best;
          case STOP -> "no better than epoch " + best + ", stopping";
        };
    say(
        "epoch %2d/%d: loss %.4f, accuracy %.4f; validation loss %.4f, accuracy %.4f (%s);"
            + " %.1f s%s",
        epoch.epoch(),
        epochs,
        epoch.trainLoss(),
        epoch.trainAccuracy(),
        epoch.validationLoss(),
        epoch.validationAccuracy(),
        outlook,
        epoch.seconds(),
        left == 0 || decision == EarlyStopping.Decision.STOP
            ? ""
            : ", at most " + ConsoleProgress.duration(seconds * left) + " left");
  }

  @Override
  public void resumed(History history, int batch, int batches) {
    say(
        "Resumed from the last checkpoint: %s done%s; what was trained after it is trained again",
        Names.count(history.epochs().size(), "epoch"),
        batch == 0 ? "" : Text.of(", and %d of %d batches of the next", batch, batches));
  }

  @Override
  public void stoppedEarly(int patience) {
    console.say("Stopped early: no improvement in " + patience + " epochs.");
  }

  @Override
  public void restored(int bestEpoch, int epochs) {
    if (bestEpoch < epochs) { // otherwise the training ended with these weights
      console.say("Restored the weights of epoch " + bestEpoch + ", the best.");
    }
  }

  @Override
  public void evaluating(int images, boolean test) {
    say("Evaluating on %s: %s", Names.count(images, "image"), test ? "its test set" : "all");
  }

  @Override
  public void evaluatingOwn(int images, List<Path> lost) {
    say("Evaluating on %s of the run", Names.count(images, "test image"));
    if (!lost.isEmpty()) {
      say(
          "%s of the run skipped (missing, unreadable, changed or in another class now): %s",
          Names.count(lost.size(), "test image"),
          Messages.line(Names.few(lost.stream().map(Path::toString).toList())));
    }
  }

  @Override
  public void warned(String warning) {
    warn(List.of("Warning: " + warning));
  }

  @Override
  public void planned(TimePlanner.Choice choice, Recipe recipe, TimeLimit limit, boolean again) {
    TimePlanner.Estimate estimate = choice.estimate();
    Plan plan = estimate.plan();
    computed.clear();
    double secondsLeft = limit.secondsLeft();
    boolean int8 = recipe.execution().precision() == Recipe.Precision.INT8;
    boolean byEpochs = !plan.isGiven() && choice.trainingSeconds() > 0;
    say(
        "%s: %s%s%s",
        again ? "New plan, because features are slower than measured" : "Plan",
        plan.name(),
        int8 ? ", features in int8" : "",
        byEpochs
            ? (plan.isFixed() ? ", " : ", about ") + Names.count(choice.epochs(), "epoch")
            : "");
    double features = Math.rint(estimate.features());
    double training = Math.rint(choice.trainingSeconds());
    double rest = Math.rint(choice.seconds() - estimate.features() - choice.trainingSeconds());
    say(
        "Expected time: %s%s: features %s, training %s, other steps %s%s",
        ConsoleProgress.duration(features + training + rest),
        secondsLeft > 0
            ? " (" + ConsoleProgress.duration(secondsLeft) + " left)"
            : " (no time is left)",
        ConsoleProgress.duration(features),
        ConsoleProgress.duration(training),
        ConsoleProgress.duration(rest),
        worth(plan, choice));
    if (!choice.fits()) {
      warn(
          List.of(
              Text.of(
                  "Warning: the time is too short for these images on this machine; the fastest plan"
                      + " runs%s. Give at least --within %.0fs.",
                  byEpochs ? ", and trains one epoch at most" : "",
                  Math.ceil(limit.secondsGone() + choice.enough().toSeconds()))));
    }
  }

  @Override
  public void epochsChanged(int planned, int epochs) {
    say(
        "Plan changed: %s instead of %d, from the remaining time and the measured training speed",
        Names.count(epochs, "epoch"), planned);
  }

  @Override
  public void timeIsLeft(boolean crossValidates) {
    say(
        "The remaining time is %s: no measured plan is more accurate than this one%s.",
        crossValidates ? "used for cross-validation, in as many folds as fit" : "not used",
        crossValidates ? "" : " (--folds 5 shows how much the accuracy varies)");
  }

  @Override
  public void usingRest(int folds, double secondsLeft) {
    say(
        "The model is saved. %s are left: cross-validation in %d folds",
        ConsoleProgress.duration(secondsLeft), folds);
  }

  private static String worth(Plan plan, TimePlanner.Choice choice) {
    return plan.isGiven()
        ? ""
        : Text.of("; validation accuracy on CIFAR-10 about %.3f", choice.accuracy());
  }

  @Override
  public void timeIsUp(int epoch) {
    say("Time is up: the best model so far (epoch %d) is saved and evaluated.", epoch);
  }

  @Override
  public void epochCut(int epoch, long batch, long batches) {
    say(
        "Time is up in epoch %d, after %,d of %,d batches: the weights so far are validated and become"
            + " the model.",
        epoch, batch, batches);
  }

  @Override
  public void stopping(int epoch, int images) {
    say(
        "Interrupted: the best model so far (epoch %d) is saved, then evaluated on %s."
            + " A second signal ends at once.",
        epoch, Names.count(images, "image"));
  }

  @Override
  public void interrupted(Path folder, Optional<Path> model) {
    console.say(
        model
                .map(saved -> "Interrupted. The model is saved in " + saved)
                .orElse("Interrupted before a model was saved")
            + Text.of(" (run: %s). %s", folder, goOn(folder)));
  }

  /** Returns the command that resumes a run that did not complete. */
  static String goOn(Path run) {
    return "Go on with: fine-tune --resume " + PathText.quoted(run.toString());
  }
}
