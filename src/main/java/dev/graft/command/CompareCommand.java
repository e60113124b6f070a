package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.files.PathPattern;
import dev.graft.io.AtomicFiles;
import dev.graft.report.Comparison;
import dev.graft.report.Pages;
import dev.graft.report.RunFiles;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;
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
      "  compare RUN RUN --to comparison.html  two, with the page in that file",
      "  compare --notebook RUN                a run beside the Keras notebook"
    })
final class CompareCommand extends Subcommand {
  /** Maximum width of a table in characters. */
  private static final int WIDTH = 110;

  private static final int MIN_COLUMN = 12;
  private static final int GAP = 2;

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Folders of runs with test figures: at least two, or one with --notebook.")
  private List<Path> runs;

  @Option(
      names = "--notebook",
      description =
          "Also compare with the Keras notebook: its test accuracy, and the seconds of its first"
              + " epoch and of its training. The runs must be of all of CIFAR-10.")
  private boolean notebook;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "The page to write (default: comparison.html in the output folder).")
  private Path to;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException {
    if (to != null && !to.toString().endsWith(".html")) {
      throw new WrongUsage("--to: " + to + " is not the name of a page; end it in .html.");
    }
    int least = notebook ? 1 : 2;
    List<Path> folders = runs.stream().flatMap(CompareCommand::matches).toList();
    if (folders.size() < least) {
      throw new WrongUsage("Give at least two runs, or one with --notebook.");
    }
    List<RunFiles> read = folders.stream().map(this::measured).flatMap(Optional::stream).toList();
    if (read.size() < least) {
      throw new GraftException("Too few runs with test figures; give at least " + least + ".");
    }
    Comparison comparison = notebook ? Comparison.withNotebook(read) : new Comparison(read);
    List<RunFiles> all = comparison.runs();
    IntStream.range(0, all.size())
        .forEach(i -> console.answer((i + 1) + ": " + all.get(i).folder()));
    if (notebook) {
      console.answer(comparison.columns().size() + ": " + Comparison.NOTEBOOK_SOURCE);
    }
    comparison.warning().ifPresent(console::say);
    table("Results", comparison.outcome());
    table("Differences", comparison.differences());
    Path page = to == null ? output.folder().path().resolve("comparison.html") : to;
    AtomicFiles.createParent(page);
    Pages.write(page, comparison);
    console.answer("");
    console.answer("Page with learning curves: " + page);
    return 0;
  }

  /** Returns the folders that a pattern matches, which Maven passes on as it is; else the path. */
  private static Stream<Path> matches(Path run) {
    if (Files.exists(run) || !PathPattern.isPattern(run.toString())) {
      return Stream.of(run);
    }
    List<Path> found = new ArrayList<>();
    PathPattern.of(run.toString())
        .ifPresent(
            pattern ->
                pattern.find(
                    match -> found.add(match.path()),
                    heic -> {}, // not a run
                    (folder, failure) -> {
                      throw new GraftException(
                          folder + " cannot be read: " + Messages.reason(failure) + ".", failure);
                    }));
    List<Path> folders = found.stream().filter(Files::isDirectory).sorted().toList();
    if (folders.isEmpty()) {
      throw new WrongUsage("No folder matches " + run + "; give the folders of runs.");
    }
    return folders.stream();
  }

  /** Reads a run; says so if it has no metrics and is left out. */
  private Optional<RunFiles> measured(Path run) {
    Optional<RunFiles> files = RunFiles.ifMeasured(run);
    if (files.isEmpty()) {
      console.say(run + " is left out: it has no test figures.");
    }
    return files;
  }

  /**
   * Prints a table with a column per run, in which long values are wrapped. Of many runs, it prints
   * several tables one below the other.
   */
  private void table(String title, List<Comparison.Row> rows) {
    console.answer("");
    console.answer(rows.isEmpty() ? title + ": none" : title + ":");
    int names = widest(rows.stream().map(Comparison.Row::name)) + GAP;
    int count = rows.isEmpty() ? 0 : rows.get(0).values().size();
    int most = Math.max(1, (WIDTH - names) / MIN_COLUMN);
    for (int from = 0; from < count; from += most) {
      table(rows, names, from, Math.min(count, from + most));
    }
  }

  private void table(List<Comparison.Row> rows, int names, int from, int to) {
    int room = Math.max(MIN_COLUMN, (WIDTH - names) / (to - from));
    List<Column> columns = new ArrayList<>(List.of(new Column(names, GAP, Overflow.WRAP)));
    List<String> numbers = new ArrayList<>(List.of(""));
    for (int i = from; i < to; i++) {
      int column = i;
      String number = String.valueOf(i + 1);
      Stream<String> values = rows.stream().map(row -> row.values().get(column));
      int width = widest(Stream.concat(Stream.of(number), values)) + GAP;
      columns.add(new Column(Math.min(room, width), GAP, Overflow.WRAP));
      numbers.add(number);
    }
    TextTable table =
        TextTable.forColumns(
            Help.defaultColorScheme(Help.Ansi.OFF), columns.toArray(Column[]::new));
    table.addRowValues(numbers.toArray(String[]::new));
    for (Comparison.Row row : rows) {
      table.addRowValues(
          Stream.concat(Stream.of(row.name()), row.values().subList(from, to).stream())
              .toArray(String[]::new));
    }
    table.toString().lines().map(String::stripTrailing).forEach(console::answer);
  }

  private static int widest(Stream<String> texts) {
    return texts.mapToInt(String::length).max().orElse(0);
  }
}
