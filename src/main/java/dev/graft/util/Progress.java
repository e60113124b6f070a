package dev.graft.util;

/** Shows the progress of one task. Closing it removes the display. */
public interface Progress extends AutoCloseable {
  /** Receives status lines and the progress of tasks; by default ignores them. */
  interface Display {
    /** Ignores everything. */
    Display NONE = new Display() {};

    /**
     * Starts to show the progress of a task.
     *
     * @param task the task's name, such as {@code features}
     * @param unit the unit of a step in the plural, such as {@code images}
     * @param total the number of steps; negative if unknown
     */
    default Progress progress(String task, String unit, long total) {
      return Progress.NONE;
    }

    /** Prints a status line. */
    default void say(String line) {}
  }

  /** Shows nothing. */
  Progress NONE = done -> {};

  /** Sets the number of steps done so far. */
  void stepTo(long done);

  @Override
  default void close() {}
}
