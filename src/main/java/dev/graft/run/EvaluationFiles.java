package dev.graft.run;

import dev.graft.evaluation.Evaluation;
import dev.graft.image.RgbImage;
import dev.graft.io.AtomicFiles;
import dev.graft.report.Charts;
import dev.graft.report.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** The files of an evaluation, the same for a run and for {@code evaluate}. */
final class EvaluationFiles {
  private EvaluationFiles() {}

  /**
   * Writes {@code predictions.csv}, {@code confusion.csv} and {@code classes.csv}.
   *
   * @param folder must exist
   */
  static void write(Path folder, Evaluation evaluation) throws IOException {
    AtomicFiles.write(folder.resolve("predictions.csv"), evaluation.predictionsCsv());
    AtomicFiles.write(folder.resolve("confusion.csv"), evaluation.confusion().toCsv());
    AtomicFiles.write(folder.resolve("classes.csv"), evaluation.classesCsv());
  }

  /**
   * Draws {@code confusion.png} and {@code mistakes.png}.
   *
   * @param plots the folder of both
   * @param title of the plots
   * @param images by their index in the evaluation; empty for one that is not available
   */
  static void draw(
      Path plots,
      Evaluation evaluation,
      String title,
      IntFunction<Optional<RgbImage>> images,
      Drawings drawings) {
    Path confusion = plots.resolve("confusion.png");
    drawings.draw(confusion, () -> Charts.confusion(confusion, evaluation.confusion(), title));
    Path mistakes = plots.resolve("mistakes.png");
    drawings.draw(
        mistakes,
        () -> {
          var known = new Example.Images(images, index -> "");
          List<Example> examples =
              Example.of(evaluation, evaluation.mistakes(), Charts.MAX_MISTAKES, known);
          Charts.mistakes(mistakes, examples, title);
        });
  }
}
