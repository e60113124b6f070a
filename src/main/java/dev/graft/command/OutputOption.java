package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.output.OutputFolder;
import dev.graft.output.RunFolder;
import dev.graft.output.RunRecord;
import dev.graft.util.PathText;
import dev.graft.util.Text;
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
   * Returns the folder of a run that has a model.
   *
   * @param given the run's folder; {@code null} for the latest run
   * @param purpose of the run, in the message if there is none, such as {@code to export}
   * @param naming how the command names a run: {@code : export RUN}
   */
  Path run(Path given, String purpose, String naming) throws IOException {
    Optional<Path> run = given == null ? latest(naming) : Optional.of(given);
    run.ifPresent(OutputOption::modelOf);
    return run.orElseThrow(
        () ->
            GraftException.of(
                "Found no completed run %s in %s; run fine-tune first, or name one%s.",
                purpose, folder().path(), naming));
  }

  /**
   * Returns the folder of a run's model, or the path itself if it is not that of a run.
   *
   * @throws GraftException if the run has no model
   */
  static Path modelOf(Path runOrModel) {
    Path model = RunFolder.modelOf(runOrModel);
    if (model.equals(runOrModel)) {
      RunFolder.status(runOrModel)
          .ifPresent(
              status -> {
                throw new GraftException(withoutModel(runOrModel, status));
              });
    }
    return model;
  }

  private static String withoutModel(Path run, RunRecord.Status status) {
    if (RunFolder.isAlive(run)) {
      return run + " is still running, and has no model yet; wait for its end.";
    } else if (status == RunRecord.Status.COMPLETED) {
      return run + " no longer has its model; copy the folder again, or train again.";
    }
    return Text.of(
        "%s %s and has no complete model; continue it with fine-tune --resume %s.",
        run,
        status == RunRecord.Status.FAILED ? "failed" : "was interrupted",
        PathText.quoted(run.toString()));
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
