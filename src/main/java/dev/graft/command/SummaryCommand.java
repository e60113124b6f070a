package dev.graft.command;

import dev.graft.recipe.Recipe;
import dev.graft.tuning.RecipeResolver;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code summary}: prints the layer table of a recipe's network. */
@Command(
    name = "summary",
    description = "Print the layers of a network: output shape, parameters, frozen or trained.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  summary                                      the default network",
      "  summary --recipe conf/notebook.yaml          the notebook's model.summary()",
      "  summary --unfreeze block5_conv1              with another freeze boundary",
      "  summary --backbone efficientnet-lite0 --set input-size=224"
    })
final class SummaryCommand extends Subcommand {
  @Mixin private RecipeOptions options;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "10",
      description = "Number of classes of the head (default: ${DEFAULT-VALUE}, as in CIFAR-10).")
  private int classes;

  @Override
  public Integer call() {
    if (classes < 2) {
      throw new WrongUsage("--classes: must be at least 2, not " + classes + ".");
    }
    Recipe recipe = options.recipe();
    new SummaryTable(RecipeResolver.design(RecipeResolver.resolve(recipe), classes))
        .lines()
        .forEach(console::answer);
    return 0;
  }
}
