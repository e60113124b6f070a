package dev.graft.command;

import dev.graft.output.OutputFolder;
import dev.graft.output.RunRecord;
import dev.graft.recipe.Recipe;
import dev.graft.run.Grid;
import dev.graft.run.Sweep;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sweep}: tries a grid of settings. */
@Command(
    name = "sweep",
    description =
        "Train with every combination of some settings on the same features, and choose the best"
            + " by its validation accuracy. Only the chosen one is tested.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sweep --grid learning-rate=1e-3,3e-3 head.hidden=0,1024",
      "  sweep --data photos/ --set head.solver=gradient --grid head.dropout=0,0.3,0.5"
    })
final class SweepCommand extends Subcommand {
  private static final List<String> FIGURES =
      List.of("accuracy", "loss", "epochs run", "best epoch", "seconds");

  @Option(
      names = "--grid",
      paramLabel = "KEY=VALUES",
      arity = "1..*",
      required = true,
      description =
          "Recipe keys, each with its values separated by commas; every combination is trained.")
  private List<String> grid;

  @Mixin private RecipeOptions options;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    Grid all = Grid.of(grid);
    Recipe recipe = options.recipe();
    OutputFolder folder = output.folder();
    int count = all.combinations().size();
    console.say("Sweep: " + Names.count(count, "combination"));
    int[] done = {0};
    RunLines lines = new RunLines(console, RunLines.Purpose.RUN);
    Sweep.Result result =
        Sweep.run(
            recipe,
            all,
            folder,
            trial -> console.say(++done[0] + "/" + count + " " + line(trial)),
            lines,
            interruption);
    console.sayAll(lines.warningLines());
    table(all, result.trials()).forEach(console::report);
    RunRecord.TestFigures test = result.run().record().outcome().test();
    console.report(
        Text.of("Chosen: %s; test accuracy %.4f", result.trials().get(0).name(), test.accuracy()));
    console.report("Its run: " + result.run().folder());
    console.report("Table and page: " + result.folder());
    return result.run().record().status() == RunRecord.Status.COMPLETED
        ? 0
        : FineTuneCommand.INTERRUPTED;
  }

  private static String line(Sweep.Trial trial) {
    return trial
        .outcome()
        .map(
            outcome ->
                Text.of(
                    "%s: validation accuracy %.4f, loss %.4f, %.1f s",
                    trial.name(), outcome.accuracy(), outcome.loss(), outcome.seconds()))
        .orElseGet(() -> trial.name() + ": failed. " + trial.failure());
  }

  /** Returns a table of the trials with columns as wide as their widest value. */
  static List<String> table(Grid grid, List<Sweep.Trial> trials) {
    List<List<String>> rows = new ArrayList<>();
    List<String> header = new ArrayList<>(grid.keys());
    header.addAll(FIGURES);
    rows.add(header);
    for (Sweep.Trial trial : trials) {
      List<String> row = new ArrayList<>(trial.settings().values());
      row.addAll(Sweep.figures(trial));
      rows.add(row);
    }
    List<String> lines = new ArrayList<>(List.of("", "Validation, the best first:"));
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(" ");
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = rows.stream().mapToInt(each -> each.get(at).length()).max().orElse(0);
        line.append(" " + row.get(column) + " ".repeat(width - row.get(column).length() + 1));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
