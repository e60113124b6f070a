package dev.graft.command;

import dev.graft.Console;
import dev.graft.Text;
import dev.graft.recipe.Recipe;
import dev.graft.run.Featurizer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code featurize}: the part of the main job that takes long, ahead of it. */
@Command(
    name = "featurize",
    description = "Compute what the frozen part makes of pictures, for fine-tune to find it there.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  featurize photos/                                 what fine-tune --data photos/ needs",
      "  featurize photos/ --backbone vgg16 --set input-size=32",
      "  featurize hdfs://host/photos.parquet --master yarn --output hdfs://host/graft"
    })
final class FeaturizeCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "DATA",
      description = "cifar10, cifar10-sample, a folder, or a manifest (.csv, .jsonl).")
  private String data;

  @Mixin private RecipeOptions options;

  @Mixin private MasterOption master;

  @Mixin private OutputOption output;

  FeaturizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe = options.recipe(data);
    RunLines lines = new RunLines(console);
    Featurizer.Featurized done =
        master.isGiven()
            ? master.cluster().featurize(master.url(), recipe, output.text(), lines)
            : Featurizer.run(recipe, output.folder(), lines);
    console.answer(
        Text.of(
            "Features: %,d computed, %,d were there; %,d pictures can't be read%s",
            done.computed(),
            done.kept(),
            done.quarantined(),
            done.quarantined() == 0 ? "" : ": " + done.quarantine()));
    return 0;
  }
}
