package dev.graft.command;

import dev.graft.network.NetworkDesign;
import dev.graft.network.Stage;
import dev.graft.network.Step;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Formats the layer table as text, like Keras's {@code model.summary()}. */
record SummaryTable(NetworkDesign network) {
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(line("layer", "type", "output", "parameters", ""));
    for (NetworkDesign.Row row : network.rows()) {
      lines.add(line(row));
    }
    lines.add(totals());
    return lines;
  }

  private String totals() {
    long total = network.parameters();
    long trained = network.trainedParameters();
    return Text.of(
        "Parameters: %,d total, %,d trained, %,d frozen", total, trained, total - trained);
  }

  private static String line(NetworkDesign.Row row) {
    String state = row.parameters() == 0 ? "" : row.trained() ? "trained" : "frozen";
    return line(row.name(), row.type(), shape(row), Text.of("%,d", row.parameters()), state);
  }

  /** Formats a short table: one line per stage of the backbone, and the head's layers. */
  List<String> stages() {
    List<String> lines = new ArrayList<>();
    lines.add(line("stage", "layers", "output", "parameters", ""));
    Map<String, NetworkDesign.Row> rows =
        network.rows().stream().collect(Collectors.toMap(NetworkDesign.Row::name, row -> row));
    Set<String> inStages = new HashSet<>();
    for (Stage stage : network.backbone().stages()) {
      List<String> names = stage.steps("").stream().map(Step::name).toList();
      inStages.addAll(names);
      boolean trained = names.stream().anyMatch(name -> rows.get(name).trained());
      lines.add(
          line(
              stage.name(),
              Names.count(names.size(), "layer"),
              shape(rows.get(stage.output())),
              Text.of("%,d", stage.parameters()),
              stage.parameters() == 0 ? "" : trained ? "trained" : "frozen"));
    }
    network.rows().stream()
        .filter(row -> !inStages.contains(row.name()) && row.parameters() > 0)
        .map(SummaryTable::line)
        .forEach(lines::add);
    lines.add(totals() + " (all layers: summary, or the run's log.txt)");
    return lines;
  }

  private static String line(Object... cells) {
    return Text.of("%-26s %-28s %-18s %14s  %s", cells).stripTrailing();
  }

  private static String shape(NetworkDesign.Row row) {
    return Arrays.stream(row.output().getShape())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
