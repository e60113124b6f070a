package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.BackboneExporter;
import dev.graft.run.Exporter;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code export}: writes a saved model, or a backbone, as an ONNX file. */
@Command(
    name = "export",
    description =
        "Write a saved model as an ONNX file for other programs, and compare it with the model."
            + " Input: pixels (N, 3, S, S), float32, RGB, 0 to 255. Output: probabilities (N,"
            + " classes). Metadata: classes, input_size, framing, average_mirror (if the model"
            + " averages over an image and its mirror image, which the file does not), run and graft.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  export                      export the latest run to output/exports/",
      "  export --format int8        with an int8 backbone, which is faster and smaller",
      "  export output/runs/20260101-120000-vgg16-cifar10 --to model.onnx",
      "  export --backbone vgg16 --set input-size=96 --to features.onnx"
    })
final class ExportCommand extends Subcommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Folder of a run or of its model (default: the latest run).")
  private Path run;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "onnx",
      description =
          "onnx for float32, or int8, which is calibrated on the run's training images and"
              + " evaluated on its test images (default: ${DEFAULT-VALUE}).")
  private Exporter.Format format;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "File to write (default: named after the run, in output/exports/).")
  private Path to;

  @Option(
      names = "--force",
      description = "Write an int8 file even if its accuracy is more than 1 point lower.")
  private boolean force;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description =
          "Export the frozen part of a backbone instead of a model; its outputs are the features"
              + " (see: models).")
  private String backbone;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "With --backbone: set a key of the recipe, such as input-size=96; repeatable.")
  private final Map<String, String> settings = new LinkedHashMap<>();

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    if (backbone != null) {
      return exportBackbone();
    }
    if (!settings.isEmpty()) {
      throw new WrongUsage("--set: only possible together with --backbone.");
    }
    Path folder = output.run(run, "to export", ": export RUN");
    Exporter.Exported exported =
        new Exporter(folder, output.folder(), new RunLines(console))
            .export(format, Optional.ofNullable(to), this::checkAccuracy);
    console.answer(
        Text.of(
            "%s: %,d bytes; probabilities differ from the model's by at most %.2g on %s%s",
            exported.file(),
            exported.bytes(),
            exported.difference(),
            exported.made()
                ? Names.count(exported.compared(), "synthetic image")
                    + ", because the run's images were not found"
                : Names.count(exported.compared(), "image"),
            exported.averageMirror()
                ? ", without mirror images; the model averages over them, the file does not"
                    + " (metadata: average_mirror)"
                : ""));
    return 0;
  }

  private int exportBackbone() throws IOException {
    if (to == null || run != null || format != Exporter.Format.ONNX) {
      throw new WrongUsage("--backbone: requires --to FILE, and excludes RUN and --format int8.");
    }
    Map<String, String> recipe = new LinkedHashMap<>(settings);
    recipe.put("backbone", RecipeReader.text(backbone));
    BackboneExporter.Exported exported =
        BackboneExporter.export(RecipeReader.read(null, recipe), to, new RunLines(console));
    console.answer(
        Text.of(
            "%s: %,d bytes; input pixels (N, 3, %d, %d), RGB, 0 to 255; outputs %s",
            exported.file(),
            exported.bytes(),
            exported.inputSize(),
            exported.inputSize(),
            String.join(", ", exported.outputs())));
    return 0;
  }

  private void checkAccuracy(Exporter.Int8Cost cost) {
    table(cost).forEach(console::answer);
    if (cost.isTooMuch() && !force) {
      throw new GraftException(cost.refusal() + "; write it anyway with --force.");
    }
  }

  static List<String> table(Exporter.Int8Cost cost) {
    return List.of(
        Text.of(
            "%-8s %10s %10s   on %s",
            "", "accuracy", "images/s", Names.count(cost.images(), "image")),
        row("float32", cost.float32()),
        row("int8", cost.int8()));
  }

  private static String row(String name, Exporter.Evaluated evaluated) {
    return Text.of("%-8s %10.4f %10.1f", name, evaluated.accuracy(), evaluated.imagesPerSecond());
  }
}
