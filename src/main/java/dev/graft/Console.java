package dev.graft;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Where Graft talks to people: answers go to standard output, everything said on the way to
 * standard error and, once a run has a folder, to its log as well.
 */
public final class Console implements AutoCloseable {
  /** How often a progress that nobody watches live says where it is. */
  private static final Duration SAY_EVERY = Duration.ofSeconds(15);

  /** Columns of a progress. */
  private static final int WIDTH = 100;

  private final PrintStream out;
  private final PrintStream err;
  private final boolean interactive;
  private final List<String> said = new ArrayList<>();
  private BufferedWriter log;

  /** Whether the log could not be written on. */
  private boolean lost;

  /** Whether the line that the terminal is at shows a progress. */
  private boolean drawn;

  /**
   * @param interactive whether a terminal shows {@code err}, so that a line can be drawn over
   */
  public Console(PrintStream out, PrintStream err, boolean interactive) {
    this.out = out;
    this.err = err;
    this.interactive = interactive;
  }

  /** A console that nobody hears. */
  public static Console silent() {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return new Console(nowhere, nowhere, false);
  }

  /** A line of the answer. */
  public synchronized void answer(String line) {
    clear();
    out.println(line);
    out.flush();
  }

  /** A line about what is going on. */
  public synchronized void say(String line) {
    clear();
    String printable = Reason.printable(line);
    err.println(printable);
    err.flush();
    log(printable);
  }

  /** Several lines about what is going on. */
  public void sayAll(List<String> lines) {
    lines.forEach(this::say);
  }

  /** A line of a run's verdict: to standard output, and to the log. */
  public synchronized void report(String line) {
    answer(line);
    log(line);
  }

  private synchronized void draw(String progress) {
    err.print("\r" + progress);
    err.flush();
    drawn = true;
  }

  private void clear() {
    if (drawn) {
      err.print("\r" + " ".repeat(WIDTH) + "\r");
      err.flush();
      drawn = false;
    }
  }

  private void log(String line) {
    if (lost) {
      return;
    }
    if (log == null) {
      said.add(line);
      return;
    }
    try {
      log.write(line);
      log.newLine();
      log.flush();
    } catch (IOException e) {
      // What is said must be heard, log or no log.
      err.println("The log ends here: " + e.getMessage());
      log = null;
      lost = true;
    }
  }

  /** From now on, and with all that was said so far, keeps a log in a file. */
  public synchronized void logTo(Path file) throws IOException {
    log = Files.newBufferedWriter(file);
    List<String> earlier = List.copyOf(said);
    said.clear();
    earlier.forEach(this::log);
  }

  @Override
  public synchronized void close() throws IOException {
    if (log != null) {
      log.close();
      log = null;
    }
  }

  /** Starts to show how far a task of {@code total} steps has come, and when it will be done. */
  public Progress progress(String task, String unit, long total) {
    return interactive ? new Bar(task, unit, total) : new Lines(task, unit, total);
  }

  /** How far a task has come. Closing it clears the line. */
  public interface Progress extends AutoCloseable {
    void stepTo(long done);

    @Override
    void close();
  }

  private final class Bar implements Progress {
    private final ProgressBar bar;

    Bar(String task, String unit, long total) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(total)
              .setUnit(" " + unit, 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .clearDisplayOnFinish()
              .showSpeed()
              .setConsumer(new DelegatingProgressBarConsumer(Console.this::draw, WIDTH))
              .build();
    }

    @Override
    public void stepTo(long done) {
      bar.stepTo(done);
    }

    @Override
    public void close() {
      bar.close();
      synchronized (Console.this) {
        clear();
      }
    }
  }

  private final class Lines implements Progress {
    private final String task;
    private final String unit;
    private final long total;
    private final long start = System.nanoTime();
    private long nextLine = start + SAY_EVERY.toNanos();

    Lines(String task, String unit, long total) {
      this.task = task;
      this.unit = unit;
      this.total = total;
    }

    @Override
    public void stepTo(long done) {
      long now = System.nanoTime();
      if (now < nextLine || done == 0 || done >= total) {
        return;
      }
      nextLine = now + SAY_EVERY.toNanos();
      double seconds = (now - start) / 1e9;
      say(
          String.format(
              Locale.ROOT,
              "%s: %,d of %,d %s (%.0f %%), %.0f a second, %s left",
              task,
              done,
              total,
              unit,
              100.0 * done / total,
              done / seconds,
              duration(seconds * (total - done) / done)));
    }

    @Override
    public void close() {}
  }

  /** Seconds as people say them: {@code 8 s}, {@code 3 min 20 s}. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
  }
}
