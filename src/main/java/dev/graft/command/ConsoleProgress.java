package dev.graft.command;

import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.time.Duration;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows the progress of tasks on a console: bars on a terminal, otherwise lines. */
final class ConsoleProgress {
  /** The width of a bar, in columns. */
  static final int WIDTH = 100;

  /** The time between two lines of {@link #lines}. */
  private static final Duration LINE_INTERVAL = Duration.ofSeconds(15);

  private ConsoleProgress() {}

  /** Formats seconds: {@code 8 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }

  /**
   * Returns a progress bar for a terminal.
   *
   * @param draw replaces the terminal's current line
   * @param clear erases that line
   */
  static Progress bar(String task, String unit, long total, Consumer<String> draw, Runnable clear) {
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUnit(" " + unit, 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .clearDisplayOnFinish()
            .showSpeed()
            .setConsumer(new DelegatingProgressBarConsumer(draw, WIDTH))
            .build();
    return new Progress() {
      @Override
      public void stepTo(long done) {
        bar.stepTo(done);
      }

      @Override
      public void close() {
        bar.close();
        clear.run();
      }
    };
  }

  /** Returns a progress that prints a line every 15 seconds, for output to a file. */
  static Progress lines(String task, String unit, long total, Consumer<String> say) {
    return new Progress() {
      private final long start = System.nanoTime();
      private long nextLine = start + LINE_INTERVAL.toNanos();

      @Override
      public void stepTo(long done) {
        long now = System.nanoTime();
        if (now < nextLine || done == 0 || done >= total) {
          return;
        }
        nextLine = now + LINE_INTERVAL.toNanos();
        double seconds = (now - start) / 1e9;
        say.accept(
            Text.of(
                "%s: %,d of %,d %s (%.0f %%), %.0f/s, %s left",
                task,
                done,
                total,
                unit,
                100.0 * done / total,
                done / seconds,
                duration(seconds * (total - done) / done)));
      }
    };
  }
}
