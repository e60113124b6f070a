package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.run.LearningRateSearch;
import dev.graft.training.RangeTest;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code find-lr}: a learning-rate range test. */
@Command(
    name = "find-lr",
    description =
        "Train with a learning rate that grows from step to step (Smith 2017), plot the loss, and"
            + " suggest a learning rate. Only the curve is saved.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  find-lr                              for the default recipe",
      "  find-lr --data photos/ --unfreeze blocks.15",
      "  find-lr --from 1e-5 --to 0.1 --steps 200"
    })
final class FindLrCommand extends Subcommand {
  @Mixin private RecipeOptions options;

  @Option(
      names = "--from",
      paramLabel = "RATE",
      defaultValue = "1e-6",
      description = "The first learning rate (default: ${DEFAULT-VALUE}).")
  private double from;

  @Option(
      names = "--to",
      paramLabel = "RATE",
      defaultValue = "1",
      description = "The last learning rate (default: ${DEFAULT-VALUE}).")
  private double to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "100",
      description = "Number of steps (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    if (!(from > 0 && from < to && to <= LearningRateSearch.MAX_RATE)) {
      throw GraftException.of(
          "--from and --to: must be learning rates, 0 < from < to <= %.0f, not %s and %s.",
          LearningRateSearch.MAX_RATE, from, to);
    }
    if (steps < LearningRateSearch.MIN_STEPS || steps > LearningRateSearch.MAX_STEPS) {
      throw GraftException.of(
          "--steps: must be %d to %d, not %d.",
          LearningRateSearch.MIN_STEPS, LearningRateSearch.MAX_STEPS, steps);
    }
    Recipe recipe = options.recipe();
    OutputFolder folder = output.folder();
    LearningRateSearch.Finished found =
        LearningRateSearch.run(
            recipe,
            folder,
            new LearningRateSearch.Rates(from, to, steps),
            new RunLines(console),
            new Interruption());
    report(found.test(), found.folder());
    return 0;
  }

  private void report(RangeTest test, Path folder) {
    int done = test.steps().size();
    RangeTest.Step last = test.steps().get(done - 1);
    console.report("");
    console.report(
        Text.of(
            "%d of %d steps, learning rates %.2g to %.2g%s",
            done,
            steps,
            from,
            last.rate(),
            done < steps ? "; stopped there, because the loss diverged" : ""));
    test.lowest()
        .ifPresent(
            step ->
                console.report(Text.of("Lowest loss %.4f at %.2g", step.smoothed(), step.rate())));
    Optional<Double> suggestion = test.suggestion();
    if (suggestion.isPresent()) {
      console.report(
          Text.of(
              "Suggested: --learning-rate %.2g (a tenth of the rate with the lowest loss)",
              suggestion.get()));
    } else {
      console.report(
          "No suggestion: the loss never fell below its start. Try --to with a higher rate, or more"
              + " --steps.");
    }
    console.report("Curve: " + folder + " (range-test.csv, range-test.png)");
  }
}
