package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.evaluation.ConfusionMatrix;
import dev.graft.evaluation.Interval;
import dev.graft.evaluation.Prediction;
import dev.graft.io.Csv;
import dev.graft.report.RunFiles;
import dev.graft.report.RunFiles.LabelRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
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
  record Mistake(String path, String truth, String predicted, double probability) {
    private static Mistake of(LabelRow label) {
      return new Mistake(
          label.path(), label.label(), label.suggested(), label.suggestedProbability());
    }
  }

  /** Reads the folder of a completed run on the images of a store. */
  static Result of(Path folder, ImageStore store) throws IOException {
    RunFiles run = RunFiles.read(folder);
    List<LabelRow> labels = RunFiles.labels(folder);
    Result result =
        run.has("folds.csv") && !labels.isEmpty() && !run.crossValidationLeads()
            ? crossValidated(run, labels)
            : heldOut(run, store);
    return result.withSuspects(labels);
  }

  private static Result crossValidated(RunFiles run, List<LabelRow> all) throws IOException {
    List<String> classes = run.evaluation().classNames();
    List<Prediction> predictions = new ArrayList<>();
    for (LabelRow each : all) {
      int truth = index(classes, each.label());
      int predicted = isMistake(each) ? index(classes, each.suggested()) : truth;
      double probability = Math.max(each.labelProbability(), each.suggestedProbability());
      predictions.add(new Prediction(predictions.size(), truth, predicted, (float) probability));
    }
    return of(
        run,
        Csv.read(run.folder().resolve("folds.csv")).size() - 1,
        new ConfusionMatrix(classes, predictions),
        all.stream().filter(Result::isMistake).map(Mistake::of));
  }

  private static boolean isMistake(LabelRow label) {
    return label.suggestedProbability() > label.labelProbability();
  }

  private static int index(List<String> classes, String name) {
    return Objects.checkIndex(classes.indexOf(name), classes.size());
  }

  private static Result heldOut(RunFiles run, ImageStore store) throws IOException {
    return of(
        run,
        0,
        run.evaluation().confusion(),
        Csv.read(run.folder().resolve("mistakes.csv")).stream()
            .skip(1)
            .map(
                row ->
                    new Mistake(
                        store.relative(Path.of(row.get(0))),
                        row.get(1),
                        row.get(2),
                        Double.parseDouble(row.get(3)))));
  }

  private static Result of(
      RunFiles run, int folds, ConfusionMatrix confusion, Stream<Mistake> mistakes) {
    int images = IntStream.range(0, confusion.size()).map(confusion::support).sum();
    Interval interval = Interval.wilson(confusion.trace(), images);
    return new Result(
        (double) confusion.trace() / images,
        interval.low(),
        interval.high(),
        images,
        folds,
        run.number("/seconds/total").orElse(0.0),
        confusion.classNames(),
        matrix(confusion),
        shown(mistakes),
        null);
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

  /** Returns this result with the suspects of a run's list of labels, unless it is empty. */
  Result withSuspects(List<LabelRow> labels) {
    return labels.isEmpty()
        ? this
        : with(
            mistakes,
            labels.stream().filter(LabelRow::wrong).limit(MAX_SHOWN).map(Mistake::of).toList());
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
