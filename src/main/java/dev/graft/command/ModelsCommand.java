package dev.graft.command;

import dev.graft.util.Text;
import dev.graft.zoo.BackboneInfo;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code models}: lists the backbones. */
@Command(
    name = "models",
    description =
        "List the backbones: parameters, input size, ImageNet accuracy, license, weights.",
    footerHeading = "%nExamples:%n",
    footer = {"  models                       the values of fine-tune --backbone"})
final class ModelsCommand implements Callable<Integer> {
  private static final String HERE = "downloaded";
  private static final String ABSENT = "not downloaded (--weights keras downloads it)";

  private final Console console;

  ModelsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    row("backbone", "parameters", "input", "ImageNet top-1, published", "license", "weights");
    for (BackboneInfo entry : BackboneInfo.ALL) {
      row(
          entry.id(),
          Text.of("%,d", entry.network().parameters()),
          entry.inputSize() + "x" + entry.inputSize(),
          entry.imageNetTop1(),
          entry.licence(),
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
                        entry.publishedWithClassifier().stream()
                            .map(file -> entry.id() + "'s is " + (file.isHere() ? HERE : ABSENT)))
                .collect(Collectors.joining(", "))
            + ".");
    console.answer(
        "External networks: --backbone FILE.onnx, FILE.pt (TorchScript), or GROUP:ARTIFACT of a DJL"
            + " model zoo, such as ai.djl.pytorch:resnet18_embedding.");
    return 0;
  }

  private void row(Object... cells) {
    console.answer(Text.of("%-20s %12s  %-8s %-26s %-12s %s", cells));
  }

  private static String weights(BackboneInfo entry) {
    String bundled = entry.resource().isPresent() ? "bundled" : "none";
    return entry
        .published()
        .map(file -> bundled + "; Keras's file " + (file.isHere() ? HERE : ABSENT))
        .orElse(bundled);
  }
}
