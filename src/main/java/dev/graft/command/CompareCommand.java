package dev.graft.command;

import dev.graft.report.Comparison;
import dev.graft.report.Pages;
import dev.graft.report.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compare}: compares runs. */
@Command(
    name = "compare",
    description = "Compare the results and settings of runs, as text and as a page.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  compare output/runs/*                 all runs",
      "  compare RUN RUN --to comparison.html  two, with the page in that file"
    })
final class CompareCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "RUN", arity = "2..*", description = "Folders of completed runs.")
  private List<Path> runs;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "The page to write (default: comparison.html in the output folder).")
  private Path to;

  @Mixin private OutputOption output;

  CompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Comparison comparison = new Comparison(runs.stream().map(RunFiles::read).toList());
    List<RunFiles> all = comparison.runs();
    IntStream.range(0, all.size())
        .forEach(i -> console.answer((i + 1) + ": " + all.get(i).folder()));
    table("Results", comparison.outcome());
    table("Differences", comparison.differences());
    Path page = to == null ? output.folder().path().resolve("comparison.html") : to;
    Path parent = page.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Pages.write(page, comparison);
    console.answer("");
    console.answer("Page with learning curves: " + page);
    return 0;
  }

  /** Prints a table with columns as wide as their widest value. */
  private void table(String title, List<Comparison.Row> rows) {
    console.answer("");
    console.answer(rows.isEmpty() ? title + ": none" : title + ":");
    int names = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    int values =
        rows.stream()
            .flatMap(row -> row.values().stream().limit(row.values().size() - 1L))
            .mapToInt(String::length)
            .max()
            .orElse(0);
    for (Comparison.Row row : rows) {
      StringBuilder line = new StringBuilder("  " + row.name());
      line.append(" ".repeat(names - row.name().length()));
      row.values()
          .forEach(
              value ->
                  line.append("  " + value + " ".repeat(Math.max(0, values - value.length()))));
      console.answer(line.toString().stripTrailing());
    }
  }
}
