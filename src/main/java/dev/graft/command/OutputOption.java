package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.output.OutputFolder;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The output folder, for every command that reads or writes there. */
final class OutputOption {
  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      defaultValue = "output",
      description = "Folder of runs and cached features (default: ${DEFAULT-VALUE}).")
  private String folder;

  OutputFolder folder() {
    try {
      return new OutputFolder(Path.of(folder));
    } catch (InvalidPathException e) {
      throw new GraftException("--output: " + folder + " is not a valid name of a folder.", e);
    }
  }

  /** Returns the option's value, which may be a URL of one of Hadoop's file systems. */
  String text() {
    return folder;
  }

  /**
   * Returns the folder of a run.
   *
   * @param given the run's folder; {@code null} for the latest run
   * @param purpose of the run, in the message if there is none, such as {@code to export}
   * @param naming how the command names a run: {@code : export RUN}
   */
  Path run(Path given, String purpose, String naming) throws IOException {
    Optional<Path> run = given == null ? latest(naming) : Optional.of(given);
    return run.orElseThrow(
        () ->
            GraftException.of(
                "Found no completed run %s in %s; run fine-tune first, or name one%s.",
                purpose, folder().path(), naming));
  }

  /**
   * Returns the folder of the latest run.
   *
   * @param naming as in {@link #run}, if the latest run is missing
   */
  Optional<Path> latest(String naming) throws IOException {
    try {
      return folder().latest();
    } catch (GraftException e) {
      throw e.code().isPresent() ? e.withCode(Code.RUN, naming) : e;
    }
  }
}
