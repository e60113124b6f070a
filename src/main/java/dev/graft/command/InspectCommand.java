package dev.graft.command;

import dev.graft.Console;
import dev.graft.data.DataSet;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.data.duplicates.Survey;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.run.DataSets;
import dev.graft.run.Designs;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what is in a data set, before anything is trained on it. */
@Command(
    name = "inspect",
    description =
        "Look at pictures before training: classes, sizes, what can't be read, duplicates, leaks.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  inspect photos/      a folder with a folder a class, or with train/, test/",
      "  inspect photos.csv   a manifest: path,label and perhaps split",
      "  inspect cifar10      CIFAR-10 itself"
    })
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "DATA",
      description = "cifar10, cifar10-sample, a folder, or a manifest (.csv, .jsonl).")
  private String data;

  @Mixin private OutputOption output;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe =
        RecipeReader.read(null, Map.of("data", RecipeReader.text(data), "max-bad", "0.999"));
    Designs.check(recipe);
    try (Fingerprints fingerprints = new Fingerprints(output.folder().fingerprints())) {
      DataSet found = DataSets.open(recipe, new RunLines(console));
      Survey survey = Survey.thorough(found, fingerprints, console);
      SurveyLines.classes(found).forEach(console::answer);
      SurveyLines.quarantine(found.pictures().quarantine()).forEach(console::answer);
      SurveyLines.identical(survey).forEach(console::answer);
      SurveyLines.near(survey).forEach(console::answer);
    }
    return 0;
  }
}
