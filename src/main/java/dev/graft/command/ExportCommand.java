package dev.graft.command;

import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.Text;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.Exporter;
import dev.graft.run.RootExporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code export}: a saved model, or a backbone, as an ONNX file. */
@Command(
    name = "export",
    description =
        "Write a saved model as one ONNX file for other programs, checked against the model. It"
            + " takes pixels (N, 3, S, S), float32, R, G, B from 0 to 255, and gives probabilities"
            + " (N, classes); its metadata has classes, input_size, framing, run and graft.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  export                      the latest run, to output/exports/",
      "  export --format int8        its backbone in 8 bits: faster, and smaller",
      "  export output/runs/20260101-120000-vgg16-cifar10 --to model.onnx",
      "  export --backbone vgg16 --set input-size=96 --to features.onnx"
    })
final class ExportCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "A run's folder, or its model folder; the latest run's unless given.")
  private Path run;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "onnx",
      description =
          "onnx, in float32; or int8, whose ranges the run's training pictures give and whose"
              + " accuracy its test pictures.")
  private Exporter.Format format;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "The file; without it one of the run's name in output/exports/.")
  private Path to;

  @Option(
      names = "--force",
      description = "Write an int8 file even if it loses more than a point of accuracy.")
  private boolean force;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description =
          "Not a model, but a backbone's frozen part, with its features as outputs (see: models).")
  private String backbone;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "With --backbone: a key of the recipe, such as input-size=96; repeatable.")
  private final Map<String, String> settings = new LinkedHashMap<>();

  @Spec private CommandSpec spec;

  @Mixin private OutputOption output;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (backbone != null) {
      return exportBackbone();
    }
    if (!settings.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "Give --set with --backbone.");
    }
    Path folder = output.run(run, " to export; run fine-tune first, or name one: export RUN.");
    Exporter.Exported exported =
        new Exporter(folder, output.folder(), new RunLines(console))
            .export(format, Optional.ofNullable(to), this::decide);
    console.answer(
        Text.of(
            "%s: %,d bytes; probabilities differ from the model's by at most %.2g on %,d %s",
            exported.file(),
            exported.bytes(),
            exported.difference(),
            exported.compared(),
            exported.made() ? "made-up pictures, since the run's own are not known" : "pictures"));
    return 0;
  }

  private int exportBackbone() throws IOException {
    if (to == null || run != null || format != Exporter.Format.ONNX) {
      throw new ParameterException(
          spec.commandLine(), "Give --backbone with --to FILE, and without a run or --format.");
    }
    Map<String, String> recipe = new LinkedHashMap<>(settings);
    recipe.put("backbone", RecipeReader.text(backbone));
    RootExporter.Exported exported =
        RootExporter.export(RecipeReader.read(null, recipe), to, new RunLines(console));
    console.answer(
        Text.of(
            "%s: %,d bytes; pixels (N, 3, %d, %d), R, G, B from 0 to 255, to %s",
            exported.file(),
            exported.bytes(),
            exported.inputSize(),
            exported.inputSize(),
            String.join(", ", exported.outputs())));
    return 0;
  }

  private void decide(Exporter.Int8Cost cost) {
    table(cost).forEach(console::answer);
    if (cost.isTooMuch() && !force) {
      throw GraftException.of(
          "8 bits lose %.1f points of accuracy, more than the one that is thought worth it:"
              + " nothing was written; --force writes it all the same.",
          100 * (cost.float32().accuracy() - cost.int8().accuracy()));
    }
  }

  static List<String> table(Exporter.Int8Cost cost) {
    return List.of(
        Text.of("%-8s %10s %10s   on %,d pictures", "", "accuracy", "images/s", cost.pictures()),
        row("float32", cost.float32()),
        row("int8", cost.int8()));
  }

  private static String row(String name, Exporter.Judged judged) {
    return Text.of("%-8s %10.4f %10.1f", name, judged.accuracy(), judged.picturesPerSecond());
  }
}
