package dev.graft.command;

import com.google.errorprone.annotations.FormatMethod;
import dev.graft.Console;
import dev.graft.Names;
import dev.graft.Progress;
import dev.graft.Reason;
import dev.graft.Text;
import dev.graft.data.DataSet;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.evaluation.History;
import dev.graft.feature.RecordLayout;
import dev.graft.network.GraftedNetwork;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.RunEvents;
import dev.graft.training.EarlyStopping;
import dev.graft.zoo.BackboneEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What people are told while a run goes on: on standard error, and in the run's log. */
record RunLines(Console console, String allDuplicates) implements RunEvents {
  RunLines(Console console) {
    this(console, "");
  }

  /** For a command that lists all duplicates in a file of its output. */
  static RunLines listingDuplicates(Console console) {
    return new RunLines(console, " in " + Survey.CSV);
  }

  @FormatMethod
  private void say(String format, Object... values) {
    console.say(Text.of(format, values));
  }

  @Override
  public void say(String line) {
    console.say(line);
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
    console.sayAll(SurveyLines.classes(data));
    console.sayAll(SurveyLines.identical(survey, allDuplicates));
  }

  @Override
  public void decided(Recipe asked, Recipe decided, int smaller) {
    // After the data has been found: its errors would be lost below 40 keys.
    console.say("Recipe: " + RecipeReader.describe(asked));
    if (asked.backbone().equals(Recipe.AUTO)
        && decided.backbone().equals(BackboneEntry.PHOTOGRAPHS)) {
      say(
          "Network: %s, which learns most from own pictures in the time a CPU has"
              + " (--backbone vgg16 insists on VGG16).",
          decided.backbone());
    }
    say(
        "Input: %dx%d pixels%s%s",
        decided.inputSize(),
        decided.inputSize(),
        asked.inputSize() == 0
            ? ", by the network and the pictures' size (--set input-size=N for another)"
            : ", as the recipe says",
        smaller == 0 ? "" : Text.of("; %,d smaller pictures are scaled up", smaller));
  }

  @Override
  public void designed(GraftedNetwork network) {
    console.sayAll(new SummaryTable(network).lines());
  }

  @Override
  public void begun(Path folder) throws IOException {
    console.logTo(folder.resolve("log.txt"));
  }

  @Override
  public void notCached() {
    console.say("No cache: every epoch goes through the whole network.");
  }

  @Override
  public void cached() {
    console.say("Features: all in the cache already, no forward pass is needed.");
  }

  @Override
  public void computing(int missing, int kept, RecordLayout layout, String folder) {
    String there = kept == 0 ? "" : Text.of("; those of %,d pictures are there", kept);
    say(
        "Features: computing those of %,d pictures once (%s), to be kept in %s%s",
        missing, layout, folder, there);
  }

  @Override
  public void computed(int pictures, double seconds, long bytes) {
    say(
        "Features: %,d computed in %s, %.0f pictures a second; %,d MB are kept",
        pictures, Progress.duration(seconds), pictures / seconds, bytes >> 20);
  }

  @Override
  public void surveyed(DataSet data, Survey survey) {
    console.sayAll(SurveyLines.quarantine(data.pictures().quarantine()));
    console.sayAll(SurveyLines.near(survey, allDuplicates));
  }

  @Override
  public void split(DataSet data, Split split) {
    console.sayAll(SplitLines.of(data, split));
  }

  @Override
  public void epoch(History history, int epochs, EarlyStopping.Decision decision, int bestEpoch) {
    History.Epoch epoch = history.epochs().get(history.epochs().size() - 1);
    double seconds =
        history.epochs().stream().mapToDouble(History.Epoch::seconds).average().orElse(0);
    int left = epochs - epoch.epoch();
    String outlook =
        switch (decision) {
          case IMPROVED -> "best so far";
          case WAIT -> "no better than epoch " + bestEpoch;
          case STOP -> "no better than epoch " + bestEpoch + ", stopping";
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
            : ", at most " + Progress.duration(seconds * left) + " left");
  }

  @Override
  public void stoppedEarly(int patience) {
    console.say("Stopped early: no improvement in " + patience + " epochs.");
  }

  @Override
  public void restored(int bestEpoch) {
    console.say("Back to the weights of epoch " + bestEpoch + ", the best.");
  }

  @Override
  public void judging(int pictures, boolean test) {
    say("Judging by %s %,d pictures", test ? "its test set of" : "all of its", pictures);
  }

  @Override
  public void judgingOwn(int pictures, List<Path> lost) {
    say("Judging by %s of the run's own", Names.count(pictures, "test picture"));
    if (!lost.isEmpty()) {
      say(
          "%s of the run can't be judged, being gone, unreadable or of another class now: %s",
          Names.count(lost.size(), "test picture"),
          Reason.line(Names.few(lost.stream().map(Path::toString).toList())));
    }
  }

  @Override
  public void interrupted(Path folder) {
    console.say("Interrupted. " + folder + " says so; features that were computed are kept.");
  }
}
