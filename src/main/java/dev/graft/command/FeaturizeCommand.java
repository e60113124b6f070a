package dev.graft.command;

import dev.graft.recipe.Recipe;
import dev.graft.run.Featurizer;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code featurize}: computes and caches features ahead of {@code fine-tune}. */
@Command(
    name = "featurize",
    description = "Compute the features of images and cache them, so that fine-tune finds them.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  featurize photos/                                 for fine-tune --data photos/",
      "  featurize photos/ --backbone vgg16 --set input-size=32",
      "  featurize hdfs://host/photos.parquet --master yarn --output hdfs://host/graft"
    })
final class FeaturizeCommand extends Subcommand {
  @Parameters(
      paramLabel = "DATA",
      description = "cifar10, cifar10-sample, a folder, or a manifest (.csv, .jsonl).")
  private String data;

  @Mixin private RecipeOptions options;

  @Mixin private MasterOption master;

  @Mixin private OutputOption output;

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
            "Features: %s computed%s, %,d already cached, %,d unreadable%s",
            Names.count(done.computed(), "image"),
            done.computedOthers() == 0
                ? ""
                : Text.of(" (and %,d mirror images and crops)", done.computedOthers()),
            done.cached(),
            done.quarantined(),
            done.quarantined() == 0 ? "" : " (see " + done.quarantine() + ")"));
    return 0;
  }
}
