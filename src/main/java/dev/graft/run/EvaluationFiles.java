package dev.graft.run;

import dev.graft.evaluation.Evaluation;
import dev.graft.io.WholeFile;
import dev.graft.picture.Picture;
import dev.graft.report.Charts;
import dev.graft.report.Mistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** All that is written down of a verdict, the same for a run and for an evaluation afterwards. */
final class EvaluationFiles {
  private EvaluationFiles() {}

  /**
   * Writes {@code predictions.csv}, {@code confusion.csv}, {@code classes.csv}, {@code
   * plots/confusion.png} and {@code plots/mistakes.png}.
   *
   * @param folder is there
   * @param title of the plots
   * @param pictures by their index in the evaluation; empty for one that is not to be had any more
   */
  static void write(
      Path folder, Evaluation evaluation, String title, IntFunction<Optional<Picture>> pictures)
      throws IOException {
    WholeFile.write(folder.resolve("predictions.csv"), evaluation.predictionsCsv());
    WholeFile.write(folder.resolve("confusion.csv"), evaluation.confusion().toCsv());
    WholeFile.write(folder.resolve("classes.csv"), evaluation.classesCsv());
    Path plots = Files.createDirectories(folder.resolve("plots"));
    Charts.confusion(plots.resolve("confusion.png"), evaluation.confusion(), title);
    List<String> names = evaluation.classNames();
    List<Mistake> mistakes =
        evaluation.mistakes().stream()
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
    Charts.mistakes(plots.resolve("mistakes.png"), mistakes, title);
  }
}
