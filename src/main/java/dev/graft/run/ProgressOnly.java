package dev.graft.run;

import dev.graft.tuning.RunEvents;
import dev.graft.util.Progress;

/** Passes on the progress of a preparation or a trial, and nothing else. */
class ProgressOnly implements RunEvents {
  private final Progress.Display display;

  ProgressOnly(Progress.Display display) {
    this.display = display;
  }

  @Override
  public Progress progress(String task, String unit, long total) {
    return display.progress(task, unit, total);
  }
}
