package dev.graft.command;

import dev.graft.Names;
import dev.graft.Text;
import dev.graft.data.DataSet;
import dev.graft.data.Part;
import dev.graft.data.Split;
import java.util.ArrayList;
import java.util.List;

/** What people are told of a split. */
final class SplitLines {
  private SplitLines() {}

  /** How many pictures each part has, and which classes are missing from those held out. */
  static List<String> of(DataSet data, Split split) {
    int test = split.test().length;
    int all = split.train().length + split.validation().length + test;
    List<String> lines = new ArrayList<>();
    String drawn =
        data.has(Part.TEST)
            ? ""
            : Text.of(
                " (which came without a test set: %.0f %% were split off, by class and seed)",
                100.0 * test / all);
    lines.add(
        Text.of(
            "Split: %,d pictures for training, %,d for validation, %,d for the test%s; %d classes",
            split.train().length, split.validation().length, test, drawn, data.classes().size()));
    List<String> undecided = Split.missing(data, split.validation());
    addGap(lines, undecided, "validation", "when to stop does not depend on them");
    List<String> untested = Split.missing(data, split.test());
    addGap(lines, untested, "test", "the figures do not tell how well they are recognised");
    return lines;
  }

  private static void addGap(List<String> lines, List<String> classes, String part, String sequel) {
    if (!classes.isEmpty()) {
      lines.add("Split: no " + part + " pictures of " + Names.quoted(classes) + "; " + sequel);
    }
  }
}
