package dev.graft.command;

import dev.graft.Text;
import dev.graft.network.GraftedNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Formats the layer table as text, like Keras's {@code model.summary()}. */
record SummaryTable(GraftedNetwork network) {
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(line("layer", "type", "output", "parameters", ""));
    for (GraftedNetwork.Row row : network.rows()) {
      String state = row.parameters() == 0 ? "" : row.trained() ? "trained" : "frozen";
      lines.add(line(row.name(), row.type(), shape(row), Text.of("%,d", row.parameters()), state));
    }
    long total = network.parameters();
    long trained = network.trainedParameters();
    lines.add(
        Text.of("Parameters: %,d total, %,d trained, %,d frozen", total, trained, total - trained));
    return lines;
  }

  private static String line(Object... cells) {
    return Text.of("%-26s %-28s %-18s %14s  %s", cells).stripTrailing();
  }

  private static String shape(GraftedNetwork.Row row) {
    return Arrays.stream(row.output().getShape())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
