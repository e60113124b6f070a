package dev.graft.command;

import dev.graft.Console;
import dev.graft.recipe.Recipe;
import dev.graft.run.Designs;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code summary}: the layer table of a recipe's network. */
@Command(
    name = "summary",
    description = "Show a network's layers: output shape, parameters, frozen or trained.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  summary                                      the default network with its head",
      "  summary --recipe conf/notebook.yaml          the notebook's model.summary()",
      "  summary --unfreeze block5_conv1              where the freeze boundary moves",
      "  summary --backbone efficientnet-lite0 --set input-size=224"
    })
final class SummaryCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;

  @Mixin private RecipeOptions options;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "10",
      description = "Classes of the head (default: ${DEFAULT-VALUE}, CIFAR-10's).")
  private int classes;

  SummaryCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (classes < 2) {
      throw new ParameterException(
          spec.commandLine(), "--classes: must be at least 2, not " + classes + ".");
    }
    Recipe recipe = options.recipe();
    new SummaryTable(Designs.of(Designs.resolve(recipe), classes)).lines().forEach(console::answer);
    return 0;
  }
}
