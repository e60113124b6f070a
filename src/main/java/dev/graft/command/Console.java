package dev.graft.command;

import dev.graft.util.Messages;
import dev.graft.util.Progress;
import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The program's output: answers go to standard output, everything else to standard error and, once
 * a run has a folder, to its log file as well.
 */
public final class Console implements Progress.Display, AutoCloseable {
  private final PrintWriter out;
  private final PrintStream err;
  private final boolean interactive;

  /** Lines that were printed before there was a log file. */
  private final List<String> buffered = new ArrayList<>();

  private BufferedWriter log;

  /** Whether writing to the log has failed. */
  private boolean logFailed;

  /** Whether the terminal's current line shows a progress bar. */
  private boolean progressShown;

  /** The first failure to write an answer. */
  private volatile IOException outputFailure;

  /**
   * Creates a console.
   *
   * @param out receives the answers, in UTF-8
   * @param err receives everything else
   * @param interactive whether {@code err} is a terminal, where a progress bar can be redrawn
   */
  public Console(OutputStream out, PrintStream err, boolean interactive) {
    this.out = new PrintWriter(new FailureRecorder(out), false, StandardCharsets.UTF_8);
    this.err = err;
    this.interactive = interactive;
  }

  /** Records the first failure to write, which {@link PrintWriter} would swallow. */
  private final class FailureRecorder extends FilterOutputStream {
    FailureRecorder(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
        out.flush();
      } catch (IOException e) {
        outputFailure = outputFailure == null ? e : outputFailure;
        throw e;
      }
    }
  }

  /** Returns the writer to standard output, for text that another library prints. */
  public PrintWriter out() {
    return out;
  }

  /**
   * Returns the first failure to write an answer, if any. From then on standard output is gone, so
   * computing more answers is pointless.
   */
  public Optional<IOException> outputFailure() {
    return Optional.ofNullable(outputFailure);
  }

  /** Prints a line of the answer to standard output. */
  public synchronized void answer(String line) {
    clear();
    out.println(Messages.printable(line));
    out.flush();
  }

  /** Prints a status line to standard error, and to the log. */
  @Override
  public synchronized void say(String line) {
    clear();
    String printable = Messages.printable(line);
    err.println(printable);
    err.flush();
    log(printable);
  }

  /** Prints several status lines. */
  public void sayAll(List<String> lines) {
    lines.forEach(this::say);
  }

  /** Writes lines to the log only. */
  public synchronized void logAll(List<String> lines) {
    lines.forEach(line -> log(Messages.printable(line)));
  }

  /** Prints a line of a run's result to standard output, and to the log. */
  public synchronized void report(String line) {
    answer(line);
    log(Messages.printable(line));
  }

  private synchronized void draw(String progress) {
    err.print("\r" + progress);
    err.flush();
    progressShown = true;
  }

  private synchronized void clear() {
    if (progressShown) {
      err.print("\r" + " ".repeat(ConsoleProgress.WIDTH) + "\r");
      err.flush();
      progressShown = false;
    }
  }

  private void log(String line) {
    if (logFailed) {
      return;
    }
    if (log == null) {
      buffered.add(line);
      return;
    }
    try {
      log.write(line);
      log.newLine();
      log.flush();
    } catch (IOException e) {
      // A full disk must not silence the console.
      err.println("The log cannot be written any further: " + e.getMessage());
      log = null;
      logFailed = true;
    }
  }

  /** Writes all status lines, including those printed so far, to a log file. */
  public synchronized void logTo(Path file) throws IOException {
    log = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    List<String> earlier = List.copyOf(buffered);
    buffered.clear();
    earlier.forEach(this::log);
  }

  @Override
  public synchronized void close() throws IOException {
    if (log != null) {
      log.close();
      log = null;
    }
  }

  /** Shows the progress of a task of {@code total} steps, with the estimated time left. */
  @Override
  public Progress progress(String task, String unit, long total) {
    return interactive
        ? ConsoleProgress.bar(task, unit, total, this::draw, this::clear)
        : ConsoleProgress.lines(task, unit, total, this::say);
  }
}
