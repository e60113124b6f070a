package dev.graft.command;

import dev.graft.Console;
import dev.graft.zoo.BackboneEntry;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code models}: the backbones. */
@Command(
    name = "models",
    description =
        "List the networks: parameters, input, ImageNet accuracy, licence, weights here or not.",
    footerHeading = "%nExamples:%n",
    footer = {"  models                       what fine-tune --backbone takes"})
final class ModelsCommand implements Callable<Integer> {
  private static final String FORMAT = "%-20s %12s  %-8s %-26s %-12s %s";

  private final Console console;

  ModelsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.answer(
        String.format(
            Locale.ROOT,
            FORMAT,
            "backbone",
            "parameters",
            "input",
            "ImageNet top-1, published",
            "licence",
            "weights"));
    for (BackboneEntry entry : BackboneEntry.ALL) {
      console.answer(
          String.format(
              Locale.ROOT,
              FORMAT,
              entry.id(),
              String.format(Locale.ROOT, "%,d", entry.network().parameters()),
              entry.inputSize() + "x" + entry.inputSize(),
              entry.imageNetTop1(),
              entry.licence(),
              weights(entry)));
    }
    console.answer(
        "Parameters are the backbone's, without a classifier. Any input from 32 pixels a side will do (--set input-size=N).");
    return 0;
  }

  private static String weights(BackboneEntry entry) {
    String bundled = entry.resource().isPresent() ? "bundled" : "none";
    return entry
        .published()
        .map(
            file ->
                bundled
                    + "; Keras's file "
                    + (file.isHere() ? "here" : "not here yet (--weights keras downloads it)"))
        .orElse(bundled);
  }
}
