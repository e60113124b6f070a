package dev.graft.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Recognizes Graft's own output, whose charts and drawn test images are not data. */
public final class OwnOutput {
  /** The name of a file that marks an output folder. */
  public static final String MARKER = ".graft-output";

  private OwnOutput() {}

  /**
   * Returns whether a folder is an output folder or, since earlier versions had no marker, a run or
   * an evaluation.
   */
  public static boolean is(Path folder) {
    return has(folder, MARKER)
        || has(folder, "run.json", "recipe.yaml")
        || has(folder, "evaluation.json", "predictions.csv");
  }

  private static boolean has(Path folder, String... files) {
    return Stream.of(files).allMatch(file -> Files.isRegularFile(folder.resolve(file)));
  }
}
