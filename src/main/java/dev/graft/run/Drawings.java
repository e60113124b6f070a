package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Split;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.image.RgbImage;
import dev.graft.report.Charts;
import dev.graft.report.Example;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.Tuning;
import dev.graft.util.Messages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Draws a run's charts and pages. A drawing that fails, for lack of fonts or memory, is a warning:
 * figures and model matter more, and {@code report} can draw it later.
 */
final class Drawings {
  private final RunEvents events;
  private final List<String> warnings = new ArrayList<>();

  Drawings(RunEvents events) {
    this.events = events;
  }

  /**
   * Draws a file, or warns that it is missing.
   *
   * @param file for the warning; {@code drawing} writes it
   */
  void draw(Path file, Runnable drawing) {
    try {
      drawing.run();
    } catch (RuntimeException
        | OutOfMemoryError
        | StackOverflowError
        | LinkageError
        | InternalError e) { // the last is AWT's way to report missing fonts
      warn(file, e);
    }
  }

  /**
   * Draws the charts of a run: learning curves, predicted test images, calibration and confusion.
   *
   * @param title of each chart
   */
  void drawRun(
      Path plots, String title, DataSet data, History history, Split split, Tuning.Tested tested) {
    ImageSet images = data.images();
    if (!history.epochs().isEmpty()) {
      Path loss = plots.resolve("loss.png");
      draw(loss, () -> Charts.loss(loss, history, title));
      Path accuracy = plots.resolve("accuracy.png");
      draw(accuracy, () -> Charts.accuracy(accuracy, history, title));
    }
    for (int i = 0; i < tested.first().size(); i++) {
      Path file = plots.resolve("test-" + i + ".png");
      int index = split.test()[i];
      float[] probabilities = tested.first().get(i);
      draw(
          file,
          () ->
              image(images, index)
                  .ifPresent(
                      image ->
                          Charts.prediction(
                              file,
                              image,
                              data.classes(),
                              images.label(index),
                              probabilities,
                              title)));
    }
    Path calibration = plots.resolve("calibration.png");
    draw(
        calibration,
        () ->
            Charts.calibration(
                calibration,
                tested.uncalibrated().calibration(),
                tested.evaluation().calibration(),
                title));
    drawEvaluation(plots, title, tested.evaluation(), images, split.test());
  }

  /**
   * Draws {@code confusion.png} and {@code mistakes.png}.
   *
   * @param title of both
   * @param evaluated the images by their index in the evaluation
   */
  void drawEvaluation(
      Path plots, String title, Evaluation evaluation, ImageSet images, int[] evaluated) {
    Path confusion = plots.resolve("confusion.png");
    draw(confusion, () -> Charts.confusion(confusion, evaluation.confusion(), title));
    Path mistakes = plots.resolve("mistakes.png");
    draw(
        mistakes,
        () -> {
          var known = new Example.Images(i -> image(images, evaluated[i]), i -> "");
          List<Example> examples =
              Example.of(evaluation, evaluation.mistakes(), Charts.MAX_MISTAKES, known);
          Charts.mistakes(mistakes, examples, title);
        });
  }

  private static Optional<RgbImage> image(ImageSet images, int index) {
    return images.read(index, Charts.MIN_SIDE);
  }

  private void warn(Path file, Throwable failure) {
    String warning = file.getFileName() + " is missing: " + reason(failure);
    warnings.add(warning);
    events.warned(warning);
  }

  private static String reason(Throwable failure) {
    if (failure instanceof GraftException) {
      return Messages.sentence(failure.getMessage());
    } else if (failure instanceof OutOfMemoryError) {
      return "there was not enough memory to draw it.";
    }
    return "drawing failed (" + Messages.line(failure.toString()) + ").";
  }

  /** Returns the warnings so far, one per missing drawing. */
  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
