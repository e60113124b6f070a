package dev.graft.command;

import ai.djl.Device;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.bench.Benchmark;
import dev.graft.bench.Benchmark.Figure;
import dev.graft.bench.LoadGenerator;
import dev.graft.bench.Photographs;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings;
import dev.graft.serve.Server;
import dev.graft.tuning.ResidentMemory;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmark}: measures the speed of each stage on this machine. */
@Command(
    name = "benchmark",
    description =
        "Measure the speed of this machine; stop other programs first for reliable figures.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  benchmark             five runs per figure; takes some minutes",
      "  benchmark --quick     three short runs per figure; takes a minute",
      "  benchmark --serve     serve under load, compared with infer",
      "  benchmark --json      one JSON object per figure"
    })
final class BenchmarkCommand extends Subcommand {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final JsonMapper JSON = new JsonMapper();

  @Option(names = "--quick", description = "Three short runs per figure, about a minute in all.")
  private boolean quick;

  @Option(names = "--json", description = "Print one JSON object per figure.")
  private boolean json;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs per figure (default: 5, or 3 with --quick).")
  private Integer runs;

  @Option(
      names = "--serve",
      description =
          "Only measure serve: EfficientNet-Lite0 at 224 pixels, with clients in this process.")
  private boolean serve;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Number of requests with --serve (default: 10,000, or 1,000 with --quick).")
  private Integer requests;

  @Option(
      names = "--concurrency",
      defaultValue = "16",
      paramLabel = "N",
      description = "Concurrent requests with --serve, 1 to 64 (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Override
  public Integer call() throws IOException, InterruptedException {
    int times = runs == null ? (quick ? 3 : 5) : Math.max(1, runs);
    console.say(machine());
    if (!json) {
      console.answer(Text.of("%-66s %36s %9s %6s", "", "min ← median → max", "GFLOP/s", "share"));
    }
    if (serve) {
      serve();
    } else {
      new Benchmark(times, quick, this::print).run();
    }
    return 0;
  }

  private void serve() throws InterruptedException {
    int count = requests == null ? (quick ? 1_000 : 10_000) : requests;
    if (count < 10 || count > 1_000_000) {
      throw new GraftException("--requests: must be from 10 to 1,000,000, not " + count + ".");
    }
    if (concurrency < 1 || concurrency > 64) {
      throw new GraftException("--concurrency: must be from 1 to 64, not " + concurrency + ".");
    }
    List<byte[]> photographs = IntStream.range(0, 48).mapToObj(Photographs::jpeg).toList();
    ModelRunner classifier = ModelRunner.imageNet(Device.cpu()); // closed by the server
    try (Server server = new Server(ServeSettings.LOOPBACK, "model", classifier, folder -> null)) {
      LoadGenerator.Measured measured =
          new LoadGenerator(server, classifier, photographs)
              .measure(count, concurrency, ResidentMemory::now);
      Figure direct = Figure.of("infer, JPEG of 640 x 480", "images/s", measured.direct());
      String what = Text.of("serve, JPEG of 640 x 480, %d concurrent requests", concurrency);
      Figure served = Figure.of(what, "images/s", measured.served());
      print(direct);
      print(served);
      print(Figure.of("serve's share of infer", "%", 100 * served.median() / direct.median()));
      print(Figure.of("request, p50", "ms", measured.milliseconds(0.5)));
      print(Figure.of("request, p99", "ms", measured.milliseconds(0.99)));
      print(Figure.of("request, maximum", "ms", measured.milliseconds(1)));
      print(Figure.of("errors", Text.of("of %,d", count), measured.errors()));
      for (int round : new int[] {0, measured.resident().length - 1}) {
        if (measured.resident()[round] != null) {
          print(
              Figure.of(
                  Text.of("resident memory after %d %% of the requests", 10 * (round + 1)),
                  "MB",
                  measured.resident()[round] / 1e6));
        }
      }
    }
  }

  private void print(Figure figure) {
    console.answer(line(figure));
  }

  private String line(Figure figure) {
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
    String line = Text.of("%-66s %25s %-10s", figure.what(), values, figure.unit());
    return figure.gigaflops() == null
        ? line.stripTrailing()
        : line + Text.of(" %9.1f %5.0f%%", figure.gigaflops(), 100 * figure.share());
  }

  private static String number(double value) {
    return value < 10 && value > 0 ? Text.of("%.2f", value) : Text.of("%.0f", value);
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
    return Text.of(
        "Machine: %s, %d processors, %s, Java %s",
        processor,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("java.version"));
  }
}
