package dev.graft.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What Graft itself wrote: charts, and test pictures drawn with predictions, are no data. */
public final class OwnOutput {
  /** Name of a file that marks a folder of runs and features. */
  public static final String MARKER = ".graft-output";

  private OwnOutput() {}

  /** Whether a folder is an output, or, since earlier ones had no mark, a run or an evaluation. */
  public static boolean is(Path folder) {
    return has(folder, MARKER)
        || has(folder, "run.json", "recipe.yaml")
        || has(folder, "evaluation.json", "predictions.csv");
  }

  private static boolean has(Path folder, String... files) {
    return Stream.of(files).allMatch(file -> Files.isRegularFile(folder.resolve(file)));
  }
}
