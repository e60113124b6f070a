package dev.graft.run;

import dev.graft.evaluation.Evaluation;
import dev.graft.io.WholeFile;
import dev.graft.picture.Picture;
import dev.graft.report.Charts;
import dev.graft.report.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** The files of an evaluation, the same in a run's folder and in that of {@code evaluate}. */
final class EvaluationFiles {
  private EvaluationFiles() {}

  /**
   * Writes {@code predictions.csv}, {@code confusion.csv}, {@code classes.csv}, {@code
   * plots/confusion.png} and {@code plots/mistakes.png}.
   *
   * @param folder must exist
   * @param title of the plots
   * @param pictures by their index in the evaluation; empty for one that is not available
   */
  static void write(
      Path folder, Evaluation evaluation, String title, IntFunction<Optional<Picture>> pictures)
      throws IOException {
    WholeFile.write(folder.resolve("predictions.csv"), evaluation.predictionsCsv());
    WholeFile.write(folder.resolve("confusion.csv"), evaluation.confusion().toCsv());
    WholeFile.write(folder.resolve("classes.csv"), evaluation.classesCsv());
    Path plots = Files.createDirectories(folder.resolve("plots"));
    Charts.confusion(plots.resolve("confusion.png"), evaluation.confusion(), title);
    var images = new Example.Images(pictures, index -> "");
    List<Example> mistakes =
        Example.of(evaluation, evaluation.mistakes(), Charts.MAX_MISTAKES, images);
    Charts.mistakes(plots.resolve("mistakes.png"), mistakes, title);
  }
}
