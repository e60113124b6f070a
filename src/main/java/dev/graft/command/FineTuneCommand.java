package dev.graft.command;

import dev.graft.Console;
import dev.graft.Text;
import dev.graft.data.Cifar10;
import dev.graft.evaluation.Temperature;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.report.Pages;
import dev.graft.run.FineTuner;
import dev.graft.run.RunRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code fine-tune}: the main job. */
@Command(
    name = "fine-tune",
    description = "Train a new head, and more if wished, on a pretrained network.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  fine-tune                                    frozen VGG16 on CIFAR-10",
      "  fine-tune --data photos/                     own pictures, a folder a class",
      "  fine-tune --data photos/ --folds 5           likewise, and cross-validated",
      "  fine-tune --recipe conf/notebook.yaml        the Keras notebook to the letter",
      "  fine-tune --backbone efficientnet-lite0      another network",
      "  fine-tune --recipe conf/last-layers.yaml     train VGG16's block5 too",
      "  fine-tune --recipe conf/baseline-cnn.yaml    a small CNN from scratch",
      "  fine-tune --set epochs=3 --set head.hidden=0 single keys of the recipe"
    })
final class FineTuneCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private RecipeOptions options;

  @Mixin private OutputOption output;

  FineTuneCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.recipe();
    console.say("Recipe: " + RecipeReader.describe(recipe));
    Path folder = output.folder().path();
    if (isInside(folder, recipe.data())) {
      console.say("Output: " + folder + " lies inside of the data, where it is passed over.");
    }
    report(FineTuner.run(recipe, output.folder(), new RunLines(console)));
    return 0;
  }

  private static boolean isInside(Path folder, String data) {
    return !List.of(Cifar10.NAME, Cifar10.SAMPLE).contains(data)
        && folder
            .toAbsolutePath()
            .normalize()
            .startsWith(Path.of(data).toAbsolutePath().normalize());
  }

  private static String calibration(RunRecord.Calibration calibration) {
    return calibration.pictures() == 0
        ? Text.of(
            "temperature 1: fewer than %d validation pictures, or such as tell none",
            Temperature.MIN_IMAGES)
        : Text.of(
            "temperature %.2f, fitted to %,d validation pictures; without it that error is %.4f",
            calibration.temperature(), calibration.pictures(), calibration.before());
  }

  private void report(FineTuner.Completed completed) {
    RunRecord run = completed.record();
    RunRecord.Outcome outcome = run.outcome();
    RunRecord.TestFigures test = outcome.test();
    RunRecord.Seconds seconds = outcome.seconds();
    console.report("");
    console.report(
        Text.of(
            "%s (%s) on %s, test:", run.provenance().backbone(), weights(run), run.data().name()));
    VerdictLines.of(test, run.data().test()).forEach(console::report);
    if (outcome.calibration() != null) {
      console.report("  " + calibration(outcome.calibration()));
    }
    if (outcome.crossValidation() != null) {
      RunRecord.CrossValidation folds = outcome.crossValidation();
      var accuracy = folds.accuracy();
      var f1 = folds.macroF1();
      console.report(
          Text.of(
              "Cross-validation in %d folds: accuracy %.4f ± %.4f, macro F1 %.4f ± %.4f",
              folds.folds(), accuracy.mean(), accuracy.deviation(), f1.mean(), f1.deviation()));
    }
    if (Pages.isTheNotebooksJob(
        run.provenance().backbone(), run.data().name(), run.provenance().weights().pretrained())) {
      console.report(
          Text.of(
              "The Keras notebook with frozen VGG16 on these pictures: %.4f (%+.2f points)",
              Pages.NOTEBOOK, 100 * (test.accuracy() - Pages.NOTEBOOK)));
    }
    console.report(
        Text.of(
            "%d epochs%s, the best was %d; features %.1f s%s, training %.1f s, evaluation %.1f s,"
                + " %.1f s in all",
            outcome.epochs().run(),
            outcome.epochs().stoppedEarly() ? " (stopped early)" : "",
            outcome.epochs().best(),
            seconds.features(),
            outcome.cache().hit() ? " (cached)" : "",
            seconds.training(),
            seconds.evaluation(),
            seconds.total()));
    console.report("Everything is in " + completed.folder());
    console.report(
        "The model: " + completed.folder().resolve("model") + " (ask it: infer car.png)");
  }

  private static String weights(RunRecord run) {
    RunRecord.Weights weights = run.provenance().weights();
    return weights.pretrained()
        ? weights.source() + " weights"
        : weights.sha256().isEmpty()
            ? "RANDOM weights, nothing pretrained"
            : "the network of " + weights.source();
  }
}
