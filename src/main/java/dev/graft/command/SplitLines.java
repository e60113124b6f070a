package dev.graft.command;

import dev.graft.data.DataSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import dev.graft.run.TrainedOn;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.List;

/** Formats a split as console lines. */
final class SplitLines {
  private SplitLines() {}

  /**
   * Returns lines with the number of images in each part and the classes that held-out parts lack.
   */
  static List<String> of(DataSet data, Split split) {
    int test = split.test().length;
    int all = split.train().length + split.validation().length + test;
    List<String> lines = new ArrayList<>();
    String drawn =
        data.has(Part.TEST)
            ? ""
            : Text.of(
                " (no test set given: %.0f %% held out, stratified by class)", 100.0 * test / all);
    int validation = split.validation().length;
    lines.add(
        Text.of(
            "Split: %,d images for training%s, %,d for test%s; %d classes",
            split.train().length,
            validation == 0
                ? ", none for validation (the head is cross-validated)"
                : Text.of(", %,d for validation", validation),
            test,
            drawn,
            data.classes().size()));
    if (validation > 0) {
      List<String> undecided = Split.missing(data, split.validation());
      addGap(lines, undecided, "validation", "early stopping ignores them");
    }
    List<String> untested = Split.missing(data, split.test());
    addGap(lines, untested, "test", "the figures do not cover them");
    return lines;
  }

  private static void addGap(List<String> lines, List<String> classes, String part, String sequel) {
    if (!classes.isEmpty()) {
      lines.add("Split: no " + part + " images of " + Names.quoted(classes) + "; " + sequel);
    }
  }

  /**
   * Returns lines with the number of evaluated images that the model has seen before.
   *
   * @param trainedOn null if not known
   */
  static List<String> trainedOn(TrainedOn trainedOn, int images) {
    if (trainedOn == null) {
      return List.of("  Not known: whether the model was trained on these images (no split.csv).");
    }
    if (trainedOn.others() == images) {
      return List.of(
          trainedOn.near() == null
              ? "  The model was trained on none of these images; near-duplicates were not looked for,"
                  + " because the training images' fingerprints are not in the output folder."
              : "  The model was trained on none of these images, nor on near-duplicates.");
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        Text.of(
            "  WARNING: of these %s, %,d are training images of the model, %,d are its validation"
                + " images, and %s near-duplicates of either: the figures do not estimate the accuracy"
                + " on new images.",
            Names.count(images, "image"),
            trainedOn.training(),
            trainedOn.validation(),
            trainedOn.near() == null
                ? "an unknown number are"
                : Text.of("%,d are", trainedOn.near())));
    lines.add(
        trainedOn.others() == 0
            ? "  No image is left that the model has not seen."
            : Text.of(
                "  Without them: accuracy %.4f, on %s.",
                trainedOn.accuracyOnOthers(), Names.count(trainedOn.others(), "image")));
    return lines;
  }
}
