package dev.graft;

import dev.graft.util.Text;
import java.time.Duration;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows the progress of one task. Closing it removes the display. */
public interface Progress extends AutoCloseable {
  /** The width of a bar, in columns. */
  int WIDTH = 100;

  /** The time between two lines of {@link #lines}. */
  Duration SAY_EVERY = Duration.ofSeconds(15);

  /** Receives status lines and the progress of tasks. */
  interface Display {
    /**
     * Starts to show the progress of a task.
     *
     * @param task the task's name, such as {@code features}
     * @param unit the unit of a step in the plural, such as {@code images}
     * @param total the number of steps; negative if unknown
     */
    Progress progress(String task, String unit, long total);

    /** Prints a status line. */
    void say(String line);

    /** Ignores everything. */
    Display NONE =
        new Display() {
          @Override
          public Progress progress(String task, String unit, long total) {
            return Progress.NONE;
          }

          @Override
          public void say(String line) {}
        };
  }

  /** Shows nothing. */
  Progress NONE = done -> {};

  /** Sets the number of steps done so far. */
  void stepTo(long done);

  @Override
  default void close() {}

  /** Formats seconds: {@code 8 s}, {@code 3 min 20 s}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
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

  /** Returns a progress that prints a line every {@link #SAY_EVERY}, for output to a file. */
  static Progress lines(String task, String unit, long total, Consumer<String> say) {
    return new Progress() {
      private final long start = System.nanoTime();
      private long nextLine = start + SAY_EVERY.toNanos();

      @Override
      public void stepTo(long done) {
        long now = System.nanoTime();
        if (now < nextLine || done == 0 || done >= total) {
          return;
        }
        nextLine = now + SAY_EVERY.toNanos();
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
