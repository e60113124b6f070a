package dev.graft.command;

import dev.graft.Console;
import dev.graft.Text;
import dev.graft.zoo.BackboneEntry;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code models}: the backbones. */
@Command(
    name = "models",
    description =
        "List the networks: parameters, input, ImageNet accuracy, licence, weights here or not.",
    footerHeading = "%nExamples:%n",
    footer = {"  models                       what fine-tune --backbone takes"})
final class ModelsCommand implements Callable<Integer> {
  private static final String HERE = "here";
  private static final String ABSENT = "not here yet (--weights keras downloads it)";

  private final Console console;

  ModelsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    row("backbone", "parameters", "input", "ImageNet top-1, published", "licence", "weights");
    for (BackboneEntry entry : BackboneEntry.ALL) {
      row(
          entry.id(),
          Text.of("%,d", entry.network().parameters()),
          entry.inputSize() + "x" + entry.inputSize(),
          entry.imageNetTop1(),
          entry.licence(),
          weights(entry));
    }
    console.answer(
        "Parameters are the backbone's, without a classifier. Any input from 32 pixels a side"
            + " will do, from 71 for xception (--set input-size=N).");
    console.answer(
        "infer --backbone NAME, for ImageNet's classes, takes another file of Keras's: "
            + BackboneEntry.ALL.stream()
                .flatMap(
                    entry ->
                        entry.publishedWithClassifier().stream()
                            .map(file -> entry.id() + "'s is " + (file.isHere() ? HERE : ABSENT)))
                .collect(Collectors.joining(", "))
            + ".");
    console.answer(
        "Other people's: --backbone FILE.onnx, FILE.pt (TorchScript), or GROUP:ARTIFACT of a zoo"
            + " of DJL's, such as ai.djl.pytorch:resnet18_embedding.");
    return 0;
  }

  private void row(Object... cells) {
    console.answer(Text.of("%-20s %12s  %-8s %-26s %-12s %s", cells));
  }

  private static String weights(BackboneEntry entry) {
    String bundled = entry.resource().isPresent() ? "bundled" : "none";
    return entry
        .published()
        .map(file -> bundled + "; Keras's file " + (file.isHere() ? HERE : ABSENT))
        .orElse(bundled);
  }
}
