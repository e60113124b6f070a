package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.output.RunFolder;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.Evaluator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code evaluate}: evaluates a saved model on labeled images. */
@Command(
    name = "evaluate",
    description = "Evaluate a saved model on labeled images; writes output/evaluations/.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  evaluate                  the latest run, on its own test images",
      "  evaluate --data other/    the latest run, on other images",
      "  evaluate --run output/runs/20260101-120000-vgg16-cifar10 --data cifar10-sample"
    })
final class EvaluateCommand extends Subcommand {
  @Option(
      names = {"--run", "--model"},
      paramLabel = "MODEL",
      description =
          "A run's folder, its model folder, or a file that export wrote (default: the latest"
              + " run).")
  private Path run;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description =
          "cifar10, cifar10-sample, a folder with one folder per class, or a manifest (.csv,"
              + " .jsonl); its test images if it has any, else all (default: the run's own test"
              + " images).")
  private String data;

  @Mixin private ManifestOptions manifest;

  @Mixin private DeviceOption device;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    manifest.put(settings);
    if (data != null) {
      settings.put("data", RecipeReader.text(data));
      output.folder().requireOutsideOfClasses(data);
    } else if (!settings.isEmpty()) {
      throw new GraftException(
          "--columns and --path-pattern say how --data is read; name a manifest with --data.");
    }
    Path folder = output.run(run, "to evaluate", " with --run FOLDER");
    Evaluator.Written written =
        new Evaluator(folder, output.folder(), new RunLines(console, RunLines.Purpose.RUN))
            .evaluate(settings, device.device(RunFolder.modelOf(folder)));
    Evaluator.Result result = written.result();
    console.answer(folder.getFileName() + " on " + result.data().name() + ":");
    EvaluationLines.of(result.test(), result.data().images()).forEach(console::answer);
    if (data != null) {
      SplitLines.trainedOn(result.trainedOn(), result.data().images()).forEach(console::answer);
    }
    console.answer("Everything is in " + written.folder());
    return 0;
  }
}
