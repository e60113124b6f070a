package dev.graft.fuzz;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Damages images, recipes, manifests, weight files, backbones, models and feature caches, gives
 * them to Graft, and requires that each case soon ends in success or in one sentence, as its kind
 * promises, and that it writes nothing outside of its own folder, such as to the working folder or
 * the temporary folder:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.fuzz.Fuzz -Dexec.args="10000"
 * </pre>
 *
 * <p>A case depends on its number alone. A second argument is the first case's number, so that
 * {@code -Dexec.args="1 1234"} repeats case 1234; a third, such as {@code MODEL}, is the kind of
 * all cases.
 */
final class Fuzz implements AutoCloseable {
  /** CPU time of a case, so that a busy machine does not make it slow. */
  private static final int MAX_SECONDS = 3;

  /** Wall-clock time in seconds after which a case hangs. */
  private static final int PATIENCE = 20;

  /** Engines start in the first case of a kind, which takes longer. */
  private static final int PATIENCE_FOR_THE_FIRST = 60;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static final long SEED = 20_260_101;

  /** A hundred cases, as many of each kind as its weight, in a shuffled order. */
  private static final List<Kind> WHEEL = wheel();

  private final Box box = new Box();
  private final Seeds seeds = new Seeds(box.seeds());
  private final Map<Kind, Integer> started = new EnumMap<>(Kind.class);

  Fuzz() throws IOException {
    // The model that most kinds need is trained before cases are timed.
    seeds.output();
  }

  private static List<Kind> wheel() {
    List<Kind> wheel = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      wheel.addAll(Collections.nCopies(kind.ofHundred, kind));
    }
    Collections.shuffle(wheel, new Random(SEED));
    return List.copyOf(wheel);
  }

  static Kind kindOf(int number) {
    return WHEEL.get(Math.floorMod(number, WHEEL.size()));
  }

  /** Runs a case. */
  Outcome run(int number, Kind kind) throws IOException {
    Path folder = box.emptied();
    Map<String, String> before = box.snapshot();
    Outcome outcome = watched(number, kind, folder);
    if (outcome.end() == Outcome.End.VIOLATION) {
      return outcome;
    }
    Map<String, String> changed = new TreeMap<>(box.snapshot());
    Map<String, String> gone = new TreeMap<>(before);
    changed.entrySet().removeAll(before.entrySet());
    gone.keySet().removeAll(box.snapshot().keySet());
    if (!changed.isEmpty() || !gone.isEmpty()) {
      return Outcome.violation("outside its folder it wrote " + changed + " and deleted " + gone);
    }
    List<String> escaped =
        Box.names(folder).stream().filter(name -> name.endsWith(Hostile.TARGET)).toList();
    if (!escaped.isEmpty()) {
      return Outcome.violation("it wrote " + escaped);
    }
    return kind.ends.contains(outcome.end())
        ? outcome
        : Outcome.violation("it ended in " + outcome.end() + ", not in " + kind.ends);
  }

  private Outcome watched(int number, Kind kind, Path folder) {
    FutureTask<Outcome> task =
        new FutureTask<>(() -> kind.run(seeds, folder, new Random(SEED + 1_000_003L * number)));
    Thread thread = new Thread(task, "case " + number);
    thread.setDaemon(true);
    boolean first = started.merge(kind, 1, Integer::sum) == 1;
    int patience = first ? PATIENCE_FOR_THE_FIRST : PATIENCE;
    long start = PROCESS.getProcessCpuTime();
    thread.start();
    try {
      Outcome outcome = task.get(patience, TimeUnit.SECONDS);
      double seconds = (PROCESS.getProcessCpuTime() - start) / 1e9;
      return first || seconds <= MAX_SECONDS
          ? outcome
          : Outcome.violation(String.format(Locale.ROOT, "it took %.1f s", seconds));
    } catch (ExecutionException e) {
      return Outcome.of(e.getCause());
    } catch (TimeoutException e) {
      Throwable where = new Throwable("more than " + patience + " s");
      where.setStackTrace(thread.getStackTrace());
      return Outcome.of(where);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    box.close();
  }

  /** Counts of how cases ended, and their times. */
  private static final class Tally {
    private final Map<Outcome.End, Integer> ends = new EnumMap<>(Outcome.End.class);
    private long nanos;

    void add(Outcome outcome, long took) {
      ends.merge(outcome.end(), 1, Integer::sum);
      nanos += took;
    }

    void print(PrintStream out, String title) {
      print(
          out,
          title,
          String.format(Locale.ROOT, "%,d", ends.values().stream().mapToInt(each -> each).sum()),
          String.format(Locale.ROOT, "%,d", ends.getOrDefault(Outcome.End.SUCCESS, 0)),
          String.format(Locale.ROOT, "%,d", ends.getOrDefault(Outcome.End.SENTENCE, 0)),
          String.format(Locale.ROOT, "%,d", ends.getOrDefault(Outcome.End.VIOLATION, 0)),
          String.format(Locale.ROOT, "%.1f", nanos / 1e9));
    }

    static void print(PrintStream out, Object... columns) {
      out.printf(Locale.ROOT, "%-40s %8s %9s %9s %10s %8s%n", columns);
    }
  }

  /** Runs cases; the process ends with 1 if one was violated. */
  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int cases = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000;
    int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
    Kind only = arguments.length > 2 ? Kind.valueOf(arguments[2]) : null;
    Map<Kind, Tally> tallies = new EnumMap<>(Kind.class);
    Tally all = new Tally();
    int violations = 0;
    try (Fuzz fuzz = new Fuzz()) {
      for (int number = first; number < first + cases; number++) {
        Kind kind = only == null ? kindOf(number) : only;
        long start = System.nanoTime();
        Outcome outcome = fuzz.run(number, kind);
        long took = System.nanoTime() - start;
        tallies.computeIfAbsent(kind, k -> new Tally()).add(outcome, took);
        all.add(outcome, took);
        if (outcome.end() == Outcome.End.VIOLATION) {
          violations++;
          out.printf(Locale.ROOT, "case %d, %s: %s%n", number, kind, outcome.violation());
        }
        int done = number - first + 1;
        if (done % 500 == 0) {
          out.printf(Locale.ROOT, "%,d of %,d cases, %,d violations%n", done, cases, violations);
        }
      }
    }
    Tally.print(out, "", "cases", "success", "sentence", "violation", "seconds");
    tallies.forEach((kind, tally) -> tally.print(out, kind.title));
    all.print(out, "all");
    System.exit(violations == 0 ? 0 : 1);
  }
}
