package dev.graft.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Runs side by side.
 *
 * @param runs at least one
 */
public record Comparison(List<RunFiles> runs) {
  /** Values of {@code run.json} that say what a run was, by what a row is called. */
  private static final Map<String, String> WHAT =
      named(
          "backbone", "/backbone",
          "weights", "/weights/source",
          "weights' hash", "/weights/sha256",
          "data", "/data/name",
          "data's hash", "/data/sha256",
          "training pictures", "/data/train",
          "validation pictures", "/data/validation",
          "test pictures", "/data/test",
          "engine", "/engine/name",
          "engine's version", "/engine/version",
          "device", "/engine/device",
          "Java", "/engine/java",
          "system", "/engine/os",
          "commit", "/gitCommit");

  /** Values that say what came out. */
  private static final Map<String, String> OUTCOME =
      named(
          "test accuracy", "/test/accuracy",
          "95 % from", "/test/interval/low",
          "to", "/test/interval/high",
          "top-3 accuracy", "/test/top3Accuracy",
          "macro F1", "/test/macro/f1",
          "test loss", "/test/loss",
          "calibration error", "/test/ece",
          "temperature", "/calibration/temperature",
          "validation accuracy", "/validation/accuracy",
          "epochs", "/epochs/run",
          "best epoch", "/epochs/best",
          "trained parameters", "/parameters/trained",
          "seconds of features", "/seconds/features",
          "seconds of training", "/seconds/training",
          "seconds in all", "/seconds/total");

  /**
   * A row of a table.
   *
   * @param values one a run
   */
  public record Row(String name, List<String> values) {
    private boolean differs() {
      return Set.copyOf(values).size() > 1;
    }
  }

  public Comparison {
    runs = List.copyOf(runs);
  }

  private static Map<String, String> named(String... pairs) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      named.put(pairs[i], pairs[i + 1]);
    }
    return named;
  }

  /** What the runs were told and what they were, where they differ. */
  public List<Row> differences() {
    Set<String> keys = new LinkedHashSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    Stream<Row> told = keys.stream().map(key -> row(key, run -> run.settings().get(key)));
    Stream<Row> were =
        WHAT.entrySet().stream()
            .filter(each -> !keys.contains(each.getKey()))
            .map(each -> row(each.getKey(), run -> run.at(each.getValue())));
    return Stream.concat(told, were).filter(Row::differs).toList();
  }

  /** What came of them. */
  public List<Row> outcome() {
    return OUTCOME.entrySet().stream()
        .map(each -> row(each.getKey(), run -> rounded(run, each.getValue())))
        .toList();
  }

  private static String rounded(RunFiles run, String pointer) {
    String text = run.at(pointer);
    return text.contains(".")
        ? run.number(pointer).map(value -> Pages.number("%.4f", value)).orElse(text)
        : text;
  }

  private Row row(String name, Function<RunFiles, String> value) {
    List<String> values = new ArrayList<>();
    runs.forEach(
        run -> {
          String found = value.apply(run);
          values.add(found == null ? "–" : found);
        });
    return new Row(name, List.copyOf(values));
  }

  /** Loss and accuracy over the epochs. */
  public List<Curves> curves() {
    return Pages.curvesOf(runs);
  }
}
