package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws a run's charts and pages. A drawing that fails, for lack of fonts or memory, is a warning:
 * figures and model matter more, and {@code report} can draw it later.
 */
final class Drawings {
  private final RunEvents events;
  private final List<String> warnings = new ArrayList<>();

  Drawings(RunEvents events) {
    this.events = events;
  }

  /**
   * Draws a file, or warns that it is missing.
   *
   * @param file for the warning; {@code drawing} writes it
   */
  void draw(Path file, Runnable drawing) {
    try {
      drawing.run();
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError | LinkageError e) {
      warn(file, e);
    } catch (InternalError e) { // AWT's way to report missing fonts
      warn(file, e);
    }
  }

  private void warn(Path file, Throwable failure) {
    String warning = file.getFileName() + " is missing: " + reason(failure);
    warnings.add(warning);
    events.warned(warning);
  }

  private static String reason(Throwable failure) {
    if (failure instanceof GraftException) {
      return Messages.sentence(failure.getMessage());
    } else if (failure instanceof OutOfMemoryError) {
      return "there was not enough memory to draw it.";
    }
    return "drawing failed (" + Messages.line(failure.toString()) + ").";
  }

  /** Returns the warnings so far, one per missing drawing. */
  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
