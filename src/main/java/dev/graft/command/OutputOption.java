package dev.graft.command;

import dev.graft.run.OutputFolder;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where Graft writes, the same for every command that reads or writes there. */
final class OutputOption {
  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      defaultValue = "output",
      description = "Folder of runs and features (default: ${DEFAULT-VALUE}).")
  private Path folder;

  OutputFolder folder() {
    return new OutputFolder(folder);
  }
}
