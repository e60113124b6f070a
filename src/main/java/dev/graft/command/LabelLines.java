package dev.graft.command;

import dev.graft.data.DataSet;
import dev.graft.tuning.LabelReview;
import dev.graft.tuning.LabelReview.Reason;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Formats a review of labels as console lines. */
final class LabelLines {
  private LabelLines() {}

  /** Returns the number of images per reason, and the first suspects. */
  static List<String> of(LabelReview review) {
    List<String> lines = new ArrayList<>();
    lines.add(
        Text.of(
            "Labels of %s: %,d probably wrong, %,d unlike all others, %,d duplicates with"
                + " different labels, %,d near-duplicates in different parts",
            Names.count(review.entries().size(), "image"),
            count(review, Reason.LABEL),
            count(review, Reason.UNLIKE_OTHERS),
            count(review, Reason.CONFLICT),
            count(review, Reason.LEAK)));
    DataSet data = review.data();
    if (review.suspicious().size() > Names.FEW) {
      lines.add(Text.of("The first %d, with the probabilities of their classes:", Names.FEW));
    }
    review.suspicious().stream()
        .limit(Names.FEW)
        .forEach(
            entry ->
                lines.add(
                    Text.of(
                        "  %s: %s (%.4f), %s",
                        Messages.line(data.images().place(entry.image())),
                        data.classes().get(entry.issue().label()),
                        entry.issue().labelProbability(),
                        why(entry, data))));
    return lines;
  }

  private static String why(LabelReview.Entry entry, DataSet data) {
    if (entry.reasons().contains(Reason.LABEL)) {
      return Text.of(
          "probably %s (%.4f)",
          data.classes().get(entry.issue().suggested()), entry.issue().suggestedProbability());
    }
    return entry.reasons().stream().map(Reason::words).collect(Collectors.joining(", "));
  }

  private static long count(LabelReview review, Reason reason) {
    return review.entries().stream().filter(entry -> entry.reasons().contains(reason)).count();
  }
}
