package dev.graft.zoo;

import dev.graft.Console;
import dev.graft.Progress;

/** Shows a download's bytes on the console, from the moment that its size is known. */
final class DownloadProgress implements Download.Progress, AutoCloseable {
  private final Console console;
  private final String name;
  private Progress shown;

  DownloadProgress(Console console, String name) {
    this.console = console;
    this.name = name;
  }

  @Override
  public void at(long done, long total) {
    if (total <= 0) {
      return;
    }
    if (shown == null) {
      shown = console.progress(name, "bytes", total);
    }
    shown.stepTo(done);
  }

  @Override
  public void close() {
    if (shown != null) {
      shown.close();
    }
  }
}
