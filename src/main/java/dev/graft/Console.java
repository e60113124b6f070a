package dev.graft;

import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where Graft talks to people: answers go to standard output, everything said on the way to
 * standard error and, once a run has a folder, to its log as well.
 */
public final class Console implements Progress.Display, AutoCloseable {
  private final PrintWriter out;
  private final PrintStream err;
  private final boolean interactive;
  private final List<String> said = new ArrayList<>();
  private BufferedWriter log;

  /** Whether the log could not be written on. */
  private boolean lost;

  /** Whether the line that the terminal is at shows a progress. */
  private boolean drawn;

  /** The first failure to write an answer. */
  private volatile IOException unheard;

  /**
   * @param out takes the answers
   * @param interactive whether a terminal shows {@code err}, so that a line can be drawn over
   */
  public Console(OutputStream out, PrintStream err, boolean interactive) {
    this.out = new PrintWriter(new Noting(out), false, StandardCharsets.UTF_8);
    this.err = err;
    this.interactive = interactive;
  }

  /** A console that nobody hears. */
  public static Console silent() {
    OutputStream nowhere = OutputStream.nullOutputStream();
    return new Console(nowhere, new PrintStream(nowhere, false, StandardCharsets.UTF_8), false);
  }

  /** A stream whose failures are remembered, since those who print don't look at them. */
  private final class Noting extends FilterOutputStream {
    Noting(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
        out.flush();
      } catch (IOException e) {
        unheard = unheard == null ? e : unheard;
        throw e;
      }
    }
  }

  /** For answers that others print. */
  public PrintWriter out() {
    return out;
  }

  /**
   * Why answers were lost, if some were. Nobody takes them any more then, and what is worked out
   * for answers only need not be.
   */
  public Optional<IOException> unheard() {
    return Optional.ofNullable(unheard);
  }

  /** A line of the answer. */
  public synchronized void answer(String line) {
    clear();
    out.println(Reason.printable(line));
    out.flush();
  }

  /** A line about what is going on. */
  @Override
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

  /** Several lines that only the log holds. */
  public synchronized void logAll(List<String> lines) {
    lines.forEach(line -> log(Reason.printable(line)));
  }

  /** A line of a run's result: to standard output, and to the log. */
  public synchronized void report(String line) {
    answer(line);
    log(Reason.printable(line));
  }

  private synchronized void draw(String progress) {
    err.print("\r" + progress);
    err.flush();
    drawn = true;
  }

  private synchronized void clear() {
    if (drawn) {
      err.print("\r" + " ".repeat(Progress.WIDTH) + "\r");
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
  @Override
  public Progress progress(String task, String unit, long total) {
    return interactive
        ? Progress.bar(task, unit, total, this::draw, this::clear)
        : Progress.lines(task, unit, total, this::say);
  }
}
