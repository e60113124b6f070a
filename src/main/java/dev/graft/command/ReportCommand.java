package dev.graft.command;

import dev.graft.run.Reporter;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code report}: writes a run's page again. */
@Command(
    name = "report",
    description = "Write a run's report.html again, from the files in its folder.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  report                                            for the latest run",
      "  report output/runs/20260101-120000-vgg16-cifar10  for another run"
    })
final class ReportCommand extends Subcommand {
  @Parameters(
      paramLabel = "RUN",
      arity = "0..1",
      description = "A run's folder (default: the latest run).")
  private Path run;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    Path chosen = output.run(run, "to report on", ": report RUN");
    console.answer(Reporter.write(chosen, output.folder(), new RunLines(console)).toString());
    return 0;
  }
}
