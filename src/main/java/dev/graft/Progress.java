package dev.graft;

import java.time.Duration;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a task has come, and when it will be done. Closing it ends the showing. */
public interface Progress extends AutoCloseable {
  /** Columns of a bar. */
  int WIDTH = 100;

  /** How often {@link #lines} says where the task is. */
  Duration SAY_EVERY = Duration.ofSeconds(15);

  /** Where tasks show their progress. */
  interface Display {
    /** A task of {@code total} steps begins. */
    Progress progress(String task, String unit, long total);

    /** A line about what is going on. */
    void say(String line);

    /** Where nobody looks. */
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

  /** For what is done in a moment. */
  Progress NONE = done -> {};

  /** So many steps of the task are done. */
  void stepTo(long done);

  @Override
  default void close() {}

  /** Seconds as people say them: {@code 8 s}, {@code 3 min 20 s}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
  }

  /**
   * A bar for a terminal.
   *
   * @param draw puts a line over the one before
   * @param clear takes the line away
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

  /** A line now and then, where nobody watches live. */
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
                "%s: %,d of %,d %s (%.0f %%), %.0f a second, %s left",
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
