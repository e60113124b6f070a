package dev.graft.command;

import dev.graft.data.Cifar10Images;
import dev.graft.engine.Devices;
import dev.graft.evaluation.Temperature;
import dev.graft.network.NetworkDesign;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.report.Pages;
import dev.graft.report.RunFiles;
import dev.graft.run.FineTuneRun;
import dev.graft.run.TimedRun;
import dev.graft.tuning.RecipeResolver;
import dev.graft.tuning.TimeLimit;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fine-tune}: trains a head on a pretrained network. */
@Command(
    name = "fine-tune",
    description =
        "Train a new head on a pretrained network and, with --unfreeze, stages of the network.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  fine-tune                                    frozen VGG16 on CIFAR-10",
      "  fine-tune --data photos/                     your images, one folder per class",
      "  fine-tune --data photos/ --folds 5           the same, cross-validated",
      "  fine-tune --recipe conf/notebook.yaml        the Keras notebook, step by step",
      "  fine-tune --backbone efficientnet-lite0      another network",
      "  fine-tune --recipe conf/last-layers.yaml     train VGG16's block5 too",
      "  fine-tune --recipe conf/baseline-cnn.yaml    a small CNN from scratch",
      "  fine-tune --set epochs=3 --set head.hidden=0 single keys of the recipe",
      "  fine-tune --within 10m                       the best model in ten minutes",
      "  fine-tune --resume                           finish the newest unfinished run"
    })
final class FineTuneCommand extends Subcommand {
  /** The exit code of a program that Ctrl-C ended. */
  static final int INTERRUPTED = 130;

  /** With fewer images than this, one thread trains a head in seconds. */
  private static final int FEW = 2_000;

  /** Maximum size of a manifest of few images, in bytes. */
  private static final long MAX_MANIFEST = 1 << 20;

  @Mixin private RecipeOptions options;

  @Mixin private OutputOption output;

  @Option(
      names = "--resume",
      paramLabel = "RUN",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Go on with a run that did not complete, from its last checkpoint: its folder or its name"
              + " (default: the newest one).")
  private String resume;

  @Option(
      names = "--within",
      paramLabel = "TIME",
      converter = TimeOption.class,
      description =
          "Train the best model that this time allows on this machine, such as 10m, 90s or 1h:"
              + " Graft measures its speed, and chooses backbone, input size, trained stages and"
              + " epochs, except those that are set.")
  private Duration within;

  @Override
  public Integer call() throws IOException {
    if (resume != null && within != null) {
      throw new WrongUsage(
          "--within is for a new run, and --resume continues one as it was planned; give one of"
              + " them.");
    }
    if (resume == null) {
      return begin();
    }
    if (resume.isEmpty()) {
      output
          .folder()
          .damaged()
          .forEach(
              run ->
                  console.say(
                      run
                          + " is skipped, because its run.json is damaged: put back a copy of that"
                          + " file, or start a new run."));
    }
    return resume(output.folder().resumable(resume));
  }

  private int begin() throws IOException {
    Optional<TimeLimit> limit = Optional.ofNullable(within).map(TimeLimit::after);
    Recipe recipe = options.recipe();
    limitThreads(recipe);
    RecipeResolver.check(recipe, console); // a wrong path is reported first
    Path folder = output.folder().path();
    Optional<Path> died = output.folder().died();
    died.ifPresent(
        run -> console.say(run + " is unfinished: its process died. " + RunLines.goOn(run)));
    output.folder().requireOutsideOfClasses(recipe.data().source());
    if (isInside(folder, recipe.data().source())) {
      console.say("Output: " + folder + " is inside the data, and is skipped there.");
    }
    RunLines lines = new RunLines(console, RunLines.Purpose.RUN);
    FineTuneRun.Completed run =
        limit.isPresent()
            ? TimedRun.run(
                recipe, options.given(), output.folder(), limit.get(), lines, interruption)
            : FineTuneRun.run(recipe, output.folder(), lines, interruption);
    return end(run, lines);
  }

  private int resume(Path run) throws IOException {
    RunFolder.requireResumable(run);
    Recipe recipe = options.recipeOf(run.resolve(RunFolder.RECIPE));
    limitThreads(recipe);
    console.say("Resuming " + run);
    RunLines lines = new RunLines(console, RunLines.Purpose.RESUMED_RUN);
    OutputFolder owner = output.folder().of(run);
    return end(FineTuneRun.resume(run, recipe, owner, lines, interruption), lines);
  }

  private int end(FineTuneRun.Completed run, RunLines lines) {
    console.sayAll(lines.warningLines());
    report(run);
    return run.record().status() == RunRecord.Status.COMPLETED ? 0 : INTERRUPTED;
  }

  /**
   * Lets the engine train a head on few images with one thread. This is hardly slower. Several
   * threads wait for each other at every operation, which takes ten times as long beside other busy
   * processes. Must come before the engine starts.
   */
  private static void limitThreads(Recipe recipe) {
    boolean headOnly =
        recipe.execution().cache() && recipe.backbone().unfreeze().equals(NetworkDesign.NONE);
    if (headOnly
        && System.getenv("OMP_NUM_THREADS") == null
        && System.getProperty(Devices.THREADS) == null
        && isSmall(recipe.data().source())) {
      System.setProperty(Devices.THREADS, "1");
    }
  }

  /**
   * Returns whether a folder or a manifest has fewer than {@link #FEW} entries; CIFAR-10 has more.
   */
  static boolean isSmall(String data) {
    try {
      Path path = Path.of(data);
      if (Files.isDirectory(path)) {
        try (Stream<Path> entries = Files.walk(path)) {
          return entries.limit(FEW).count() < FEW;
        }
      }
      return Files.isRegularFile(path)
          && Files.size(path) <= MAX_MANIFEST
          && new String(Files.readAllBytes(path), StandardCharsets.UTF_8).lines().count() < FEW;
    } catch (IOException | UncheckedIOException | InvalidPathException e) {
      return false; // the fault is reported later
    }
  }

  private static boolean isInside(Path folder, String data) {
    return !Cifar10Images.isNamed(data)
        && folder
            .toAbsolutePath()
            .normalize()
            .startsWith(Path.of(data).toAbsolutePath().normalize());
  }

  private void report(FineTuneRun.Completed completed) {
    RunRecord run = completed.record();
    RunRecord.Outcome outcome = run.outcome();
    RunRecord.TestFigures test = outcome.test();
    console.report("");
    if (run.status() == RunRecord.Status.INTERRUPTED) {
      console.report(
          "INTERRUPTED"
              + (outcome.epochs() == null
                  ? ""
                  : " after " + Names.count(outcome.epochs().run(), "epoch"))
              + "; these are the figures of the best model so far.");
    }
    RunRecord.CrossValidationFigures folds = outcome.crossValidation();
    boolean leads = folds != null && folds.fewTestImages();
    String what =
        Text.of("%s (%s) on %s", run.provenance().backbone(), weights(run), run.data().name());
    if (leads) {
      console.report(
          Text.of(
              "%s, cross-validation %s, because the test images are few:", what, extent(folds)));
      EvaluationLines.of(folds, test).forEach(console::report);
      console.report("Test of the saved model:");
    } else {
      console.report(what + ", test:");
    }
    EvaluationLines.of(test, run.data().test()).forEach(console::report);
    if (outcome.calibration() != null) {
      console.report("  " + calibration(outcome.calibration(), run.data()));
    }
    if (folds != null && !leads) {
      console.report("Cross-validation " + extent(folds) + ":");
      EvaluationLines.of(folds, test).forEach(console::report);
    }
    if (Pages.isTheNotebooksJob(
        run.provenance().backbone(), run.data().name(), run.provenance().weights().pretrained())) {
      console.report(
          Text.of(
              "The Keras notebook with frozen VGG16 on these images: %.4f (%+.2f points)",
              Pages.NOTEBOOK, 100 * (test.accuracy() - Pages.NOTEBOOK)));
    }
    console.report(times(outcome));
    console.report("Everything is in " + completed.folder());
    if (run.status() == RunRecord.Status.INTERRUPTED) {
      console.report(RunLines.goOn(completed.folder()));
    }
    console.report(usage(completed));
  }

  static String calibration(RunRecord.Calibration calibration, RunRecord.Data data) {
    boolean crossValidated = data.validation() == 0;
    if (calibration.images() > 0) {
      return Text.of(
          "temperature %.2f, fitted to %s; without it the calibration error is %.4f",
          calibration.temperature(),
          crossValidated
              ? Names.count(calibration.images(), "training image") + ", each predicted out of fold"
              : Names.count(calibration.images(), "validation image"),
          calibration.before());
    }
    return !crossValidated && data.validation() < Temperature.MIN_IMAGES
        ? Text.of("Not calibrated: fewer than %d validation images", Temperature.MIN_IMAGES)
        : "Not calibrated: no temperature from 0.05 to 20 fits the "
            + (crossValidated ? "training images" : "validation images");
  }

  private static String extent(RunRecord.CrossValidationFigures all) {
    return Text.of(
        "of %s in %d folds%s",
        Names.count(all.images(), "image"),
        all.folds() / all.repeats(),
        all.repeats() == 1 ? "" : Text.of(", %d times", all.repeats()));
  }

  private static String times(RunRecord.Outcome outcome) {
    RunRecord.Seconds seconds = outcome.seconds();
    return Text.of(
        "%sfeatures %.1f s%s, training %.1f s, evaluation %.1f s, other steps %.1f s; %.1f s in all",
        outcome.epochs() == null
            ? "Time: "
            : Text.of(
                "%s%s, the best was %d; ",
                Names.count(outcome.epochs().run(), "epoch"),
                outcome.epochs().stoppedEarly() ? " (stopped early)" : "",
                outcome.epochs().best()),
        seconds.features(),
        outcome.cache().hit() ? " (cached)" : "",
        seconds.training(),
        seconds.evaluation(),
        RunFiles.otherSeconds(
            seconds.features(), seconds.training(), seconds.evaluation(), seconds.total()),
        seconds.total());
  }

  /**
   * Returns the command that uses the model; an interrupted run is not the latest, so its model
   * must be named.
   */
  private static String usage(FineTuneRun.Completed completed) {
    Path model = completed.folder().resolve("model");
    String image = completed.example().map(PathText::quoted).orElse("car.png");
    boolean latest = completed.record().status() == RunRecord.Status.COMPLETED;
    String named = latest ? "" : "--model " + PathText.quoted(model.toString()) + " ";
    return Text.of("The model: %s (try: infer %s%s)", model, named, image);
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
