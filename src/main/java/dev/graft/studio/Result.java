package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.Interval;
import dev.graft.io.Csv;
import dev.graft.labels.LabelFiles;
import dev.graft.report.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The result of a training. Where the recipe asks for a cross-validation, all figures and mistakes
 * are its, and each image was predicted by a model that had not seen it; else they are those of the
 * held-out images.
 *
 * @param low the lower end of the accuracy's 95 % interval
 * @param images number of images that the accuracy was measured on
 * @param folds of the cross-validation; 0 if the accuracy is that of the held-out images
 * @param confusion number of these images: rows are the true classes, columns the predicted ones
 * @param mistakes the most confident ones, the most confident first
 * @param suspects images whose label is probably wrong, the most suspicious first; {@code null}
 *     until they have been searched for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Result(
    double accuracy,
    double low,
    double high,
    int images,
    int folds,
    double seconds,
    List<String> classes,
    List<List<Integer>> confusion,
    List<Mistake> mistakes,
    List<Mistake> suspects) {
  /** Mistakes, and suspects, that the page shows. */
  private static final int MAX_SHOWN = 200;

  /**
   * A wrongly classified image, or one that is probably labeled wrongly.
   *
   * @param truth its label
   * @param predicted the class that the model suggests, with its probability
   */
  record Mistake(String path, String truth, String predicted, double probability) {}

  /** A row of the list of labels, see {@link LabelFiles}. */
  private record Labeled(
      String path, String label, String other, double ofLabel, double ofOther, String reasons) {
    static List<Labeled> read(Path file) throws IOException {
      return Csv.read(file).stream().skip(1).map(Labeled::of).toList();
    }

    private static Labeled of(List<String> row) {
      return new Labeled(
          row.get(0),
          row.get(1),
          row.get(2),
          Double.parseDouble(row.get(3)),
          Double.parseDouble(row.get(4)),
          row.get(5));
    }

    boolean isWrong() {
      return ofOther > ofLabel;
    }

    boolean isSuspect() {
      return List.of(reasons.split(" ")).contains("label");
    }

    Mistake mistake() {
      return new Mistake(path, label, other, ofOther);
    }
  }

  /** Reads the folder of a completed run on the images of a store. */
  static Result of(Path folder, ImageStore store) throws IOException {
    RunFiles run = RunFiles.read(folder);
    Path folds = folder.resolve("folds.csv");
    Result result =
        Files.isRegularFile(folds) && !run.crossValidationLeads()
            ? crossValidated(run, Csv.read(folds).size() - 1)
            : heldOut(run, store);
    return result.withSuspects(folder);
  }

  private static Result crossValidated(RunFiles run, int folds) throws IOException {
    List<Labeled> all = Labeled.read(run.folder().resolve(LabelFiles.CSV));
    List<String> classes = run.evaluation().classNames();
    int n = classes.size();
    int[][] confusion = new int[n][n];
    for (Labeled each : all) {
      String predicted = each.isWrong() ? each.other() : each.label();
      confusion[classes.indexOf(each.label())][classes.indexOf(predicted)]++;
    }
    List<Mistake> mistakes = all.stream().filter(Labeled::isWrong).map(Labeled::mistake).toList();
    int correct = all.size() - mistakes.size();
    Interval interval = Interval.wilson(correct, all.size());
    return new Result(
        (double) correct / all.size(),
        interval.low(),
        interval.high(),
        all.size(),
        folds,
        seconds(run),
        classes,
        Stream.of(confusion).map(row -> IntStream.of(row).boxed().toList()).toList(),
        shown(mistakes.stream()),
        null);
  }

  private static Result heldOut(RunFiles run, ImageStore store) throws IOException {
    Interval interval = run.evaluation().interval();
    Stream<Mistake> mistakes =
        Csv.read(run.folder().resolve("mistakes.csv")).stream()
            .skip(1)
            .map(
                row ->
                    new Mistake(
                        store.relative(Path.of(row.get(0))),
                        row.get(1),
                        row.get(2),
                        Double.parseDouble(row.get(3))));
    return new Result(
        run.evaluation().accuracy(),
        interval.low(),
        interval.high(),
        run.evaluation().count(),
        0,
        seconds(run),
        run.evaluation().classNames(),
        matrix(run.evaluation().confusion()),
        shown(mistakes),
        null);
  }

  private static double seconds(RunFiles run) {
    return run.number("/seconds/total").orElse(0.0);
  }

  private static List<Mistake> shown(Stream<Mistake> mistakes) {
    return mistakes
        .sorted(Comparator.comparingDouble(Mistake::probability).reversed())
        .limit(MAX_SHOWN)
        .toList();
  }

  private static List<List<Integer>> matrix(ConfusionMatrix confusion) {
    return IntStream.range(0, confusion.size())
        .mapToObj(
            truth ->
                IntStream.range(0, confusion.size())
                    .mapToObj(predicted -> confusion.count(truth, predicted))
                    .toList())
        .toList();
  }

  /** Returns this result with the suspects of a run's list of labels, if it has one. */
  Result withSuspects(Path folder) throws IOException {
    Path labels = folder.resolve(LabelFiles.CSV);
    if (!Files.isRegularFile(labels)) {
      return this;
    }
    List<Mistake> found =
        Labeled.read(labels).stream()
            .filter(Labeled::isSuspect)
            .limit(MAX_SHOWN)
            .map(Labeled::mistake)
            .toList();
    return with(mistakes, found);
  }

  /** Returns this result with the images only whose path is accepted. */
  Result with(Predicate<String> accepted) {
    return with(
        mistakes.stream().filter(each -> accepted.test(each.path())).toList(),
        suspects == null
            ? null
            : suspects.stream().filter(each -> accepted.test(each.path())).toList());
  }

  private Result with(List<Mistake> someMistakes, List<Mistake> someSuspects) {
    return new Result(
        accuracy,
        low,
        high,
        images,
        folds,
        seconds,
        classes,
        confusion,
        someMistakes,
        someSuspects);
  }
}
