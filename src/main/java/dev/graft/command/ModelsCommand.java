package dev.graft.command;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.BackboneDescription;
import dev.graft.tuning.RecipeResolver;
import dev.graft.util.Text;
import dev.graft.zoo.BackboneInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code models}: lists the backbones. */
@Command(
    name = "models",
    description =
        "List the backbones: parameters, input size, ImageNet accuracy, license, weights.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  models                            the values of fine-tune --backbone",
      "  models --describe backbone.onnx   what Graft finds in a file or a folder"
    })
final class ModelsCommand extends Subcommand {
  private static final String HERE = "downloaded";
  private static final String ABSENT = "not downloaded (--weights keras downloads it)";

  @Option(
      names = "--describe",
      paramLabel = "NAME",
      description =
          "Describe an external backbone instead: inputs, outputs, preprocessing and where it was"
              + " found, number of features, images per second.")
  private String described;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "With --describe: set a key of the recipe, such as tokens=mean; repeatable.")
  private final Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Integer call() {
    if (described != null) {
      Map<String, String> all = new LinkedHashMap<>(settings);
      all.put("backbone", RecipeReader.text(described));
      Recipe recipe = RecipeReader.read(null, all);
      RecipeResolver.fetch(recipe, console);
      BackboneDescription.lines(recipe).forEach(console::answer);
      return 0;
    }
    if (!settings.isEmpty()) {
      throw new WrongUsage("--set: only possible together with --describe.");
    }
    row("backbone", "parameters", "input", "ImageNet top-1, published", "license", "weights");
    for (BackboneInfo entry : BackboneInfo.ALL) {
      row(
          entry.id(),
          Text.of("%,d", entry.network().parameters()),
          entry.inputSize().small() + "x" + entry.inputSize().small(),
          entry.pretrained().imageNetTop1(),
          entry.pretrained().license(),
          weights(entry));
    }
    console.answer(
        "Parameters are without a classifier. The input is square, of at least 32 pixels, or 71 for"
            + " xception (--set input-size=N).");
    console.answer(
        "infer --backbone NAME, for ImageNet's classes, uses Keras's file with the classifier: "
            + BackboneInfo.ALL.stream()
                .flatMap(
                    entry ->
                        entry.pretrained().kerasWithClassifier().stream()
                            .map(file -> entry.id() + "'s is " + (file.isCached() ? HERE : ABSENT)))
                .collect(Collectors.joining(", "))
            + ".");
    console.answer(
        "External networks: --backbone FILE.onnx, FILE.pt (TorchScript), a folder as on Hugging"
            + " Face's hub, hf:OWNER/NAME on the hub, or GROUP:ARTIFACT of a DJL model zoo, such as"
            + " ai.djl.pytorch:resnet18_embedding.");
    return 0;
  }

  private void row(Object... cells) {
    console.answer(Text.of("%-20s %12s  %-8s %-26s %-12s %s", cells));
  }

  private static String weights(BackboneInfo entry) {
    String bundled = entry.pretrained().bundled().isPresent() ? "bundled" : "none";
    return entry
        .pretrained()
        .keras()
        .map(file -> bundled + "; Keras's file " + (file.isCached() ? HERE : ABSENT))
        .orElse(bundled);
  }
}
