package dev.graft.run;

import dev.graft.evaluation.Evaluation;
import dev.graft.io.WholeFile;
import dev.graft.picture.Picture;
import dev.graft.report.Charts;
import dev.graft.report.Mistake;
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
   * @param folder must be there
   */
  static void write(Path folder, Evaluation evaluation) throws IOException {
    WholeFile.write(folder.resolve("predictions.csv"), evaluation.predictionsCsv());
    WholeFile.write(folder.resolve("confusion.csv"), evaluation.confusion().toCsv());
    WholeFile.write(folder.resolve("classes.csv"), evaluation.classesCsv());
  }

  /**
   * Draws {@code confusion.png} and {@code mistakes.png}.
   *
   * @param plots the folder of both
   * @param pictures by their index in the evaluation; empty for one that can't be read any more
   */
  static void draw(
      Path plots,
      Evaluation evaluation,
      String title,
      IntFunction<Optional<Picture>> pictures,
      Drawings drawings) {
    Path confusion = plots.resolve("confusion.png");
    drawings.draw(confusion, () -> Charts.confusion(confusion, evaluation.confusion(), title));
    Path mistakes = plots.resolve("mistakes.png");
    drawings.draw(mistakes, () -> Charts.mistakes(mistakes, mistakes(evaluation, pictures), title));
  }

  private static List<Mistake> mistakes(
      Evaluation evaluation, IntFunction<Optional<Picture>> pictures) {
    List<String> names = evaluation.classNames();
    return evaluation.mistakes().stream()
        .limit(Charts.MOST_MISTAKES)
        .flatMap(
            each ->
                pictures
                    .apply(each.index())
                    .map(
                        picture ->
                            new Mistake(
                                picture,
                                names.get(each.truth()),
                                names.get(each.predicted()),
                                each.probability()))
                    .stream())
        .toList();
  }
}
