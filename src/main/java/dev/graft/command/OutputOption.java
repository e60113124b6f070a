package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.run.OutputFolder;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where Graft writes, the same for every command that reads or writes there. */
final class OutputOption {
  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      defaultValue = "output",
      description = "Folder of runs and features (default: ${DEFAULT-VALUE}).")
  private String folder;

  OutputFolder folder() {
    try {
      return new OutputFolder(Path.of(folder));
    } catch (InvalidPathException e) {
      throw new GraftException("--output: " + folder + " can't be the name of a folder.", e);
    }
  }

  /** As it was written: on other file systems than this machine's. */
  String text() {
    return folder;
  }

  /**
   * The folder of a run.
   *
   * @param given the one that was named; {@code null} for the latest
   * @param how what to do where there is none, such as {@code to export; run fine-tune first.}
   */
  Path run(Path given, String how) throws IOException {
    Optional<Path> run = given == null ? folder().latest() : Optional.of(given);
    return run.orElseThrow(
        () -> GraftException.of("There is no completed run in %s%s", folder().path(), how));
  }
}
