package dev.graft.command;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Console;
import dev.graft.run.Benchmark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmark}: how fast everything is on this machine. */
@Command(
    name = "benchmark",
    description = "Measure on this machine what README's figures say; let nothing else run.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  benchmark             five runs of each figure, some minutes",
      "  benchmark --quick     three short ones, a minute",
      "  benchmark --json      an object a figure, for programs"
    })
final class BenchmarkCommand implements Callable<Integer> {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final JsonMapper JSON = new JsonMapper();

  private final Console console;

  @Option(names = "--quick", description = "A minute instead of some.")
  private boolean quick;

  @Option(names = "--json", description = "An object a figure.")
  private boolean json;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs of each figure; 5 unless given, 3 with --quick.")
  private Integer runs;

  BenchmarkCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    int times = runs == null ? (quick ? 3 : 5) : Math.max(1, runs);
    console.say(machine());
    if (!json) {
      console.answer(
          String.format(
              Locale.ROOT, "%-66s %36s %9s %6s", "", "min ← median → max", "GFLOP/s", "share"));
    }
    new Benchmark(times, quick, figure -> console.answer(line(figure))).run();
    return 0;
  }

  private String line(Benchmark.Figure figure) {
    if (json) {
      try {
        return JSON.writeValueAsString(figure);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    String values =
        figure.runs() == 1
            ? number(figure.median())
            : number(figure.min()) + " ← " + number(figure.median()) + " → " + number(figure.max());
    String line =
        String.format(Locale.ROOT, "%-66s %25s %-10s", figure.what(), values, figure.unit());
    return figure.gigaflops() == null
        ? line.stripTrailing()
        : line
            + String.format(
                Locale.ROOT, " %9.1f %5.0f%%", figure.gigaflops(), 100 * figure.share());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
  }

  private static String machine() throws IOException {
    String processor =
        !Files.isReadable(PROCESSORS)
            ? System.getProperty("os.arch")
            : Files.readAllLines(PROCESSORS).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: *", ""))
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    return "Machine: "
        + processor
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors, "
        + System.getProperty("os.name")
        + ", Java "
        + System.getProperty("java.version");
  }
}
