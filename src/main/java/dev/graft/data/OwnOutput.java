package dev.graft.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/** Recognizes Graft's own output, whose charts and drawn test images are not data. */
public final class OwnOutput {
  /** The name of a file that marks an output folder. */
  public static final String MARKER = ".graft-output";

  /** The folder in a folder of images in which {@code studio} keeps what it needs. */
  public static final String STUDIO = ".graft-studio";

  /** The folders in an output folder. */
  public static final Set<String> FOLDERS =
      Set.of("runs", "features", "fingerprints", "evaluations", "inspections", "sweeps", "exports");

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

  /**
   * Returns whether a folder is one of {@link #FOLDERS} in an output folder that also has images.
   */
  static boolean isIn(Path output, Path folder) {
    return output.equals(folder.getParent())
        && FOLDERS.contains(folder.getFileName().toString())
        && has(output, MARKER);
  }

  private static boolean has(Path folder, String... files) {
    return Stream.of(files).allMatch(file -> Files.isRegularFile(folder.resolve(file)));
  }
}
