package dev.graft.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.graft.GraftException;
import dev.graft.Reason;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Prediction;
import dev.graft.io.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a completed run left in its folder, read again; also of runs that an earlier Graft made.
 *
 * @param folder of the run
 * @param record {@code run.json}; asked by {@link #at} and {@link #number}
 * @param recipe {@code recipe.yaml}
 * @param history {@code history.csv}
 * @param evaluation of the test pictures, from {@code predictions.csv} and {@code classes.csv}
 */
public record RunFiles(
    Path folder, JsonNode record, String recipe, History history, Evaluation evaluation) {
  /**
   * Reads a run's folder.
   *
   * @throws GraftException if it is not one, if the run is not completed, or if a file is damaged
   */
  public static RunFiles read(Path folder) {
    Path file = folder.resolve("run.json");
    if (!Files.isRegularFile(file)) {
      throw new GraftException(folder + " is not the folder of a run: it has no run.json.");
    }
    try {
      JsonNode record = new ObjectMapper().readTree(Files.readAllBytes(file));
      String status = record.path("status").asText();
      if (!status.equals("completed") && !record.hasNonNull("test")) {
        throw new GraftException(
            "The run in " + folder + " was not completed (" + status + "), so it has no figures.");
      }
      return read(folder, record);
    } catch (IOException e) {
      throw damaged(folder, e);
    }
  }

  /** Likewise, with a record that is not written yet. */
  public static RunFiles read(Path folder, JsonNode record) {
    try {
      return new RunFiles(
          folder,
          record,
          Files.readString(folder.resolve("recipe.yaml")),
          History.ofCsv(Csv.read(folder.resolve("history.csv"))),
          evaluation(folder, record));
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw damaged(folder, e);
    }
  }

  private static GraftException damaged(Path folder, Exception cause) {
    String why = Reason.of(cause, "one of them is damaged");
    return new GraftException(
        "The files of the run in " + folder + " can't be read: " + why + ".", cause);
  }

  private static Evaluation evaluation(Path folder, JsonNode record) throws IOException {
    List<String> names =
        Csv.read(folder.resolve("classes.csv")).stream().skip(1).map(row -> row.get(0)).toList();
    Map<String, Integer> labels = new HashMap<>();
    IntStream.range(0, names.size()).forEach(i -> labels.putIfAbsent(names.get(i), i));
    List<Prediction> predictions = new ArrayList<>();
    for (List<String> row : Csv.read(folder.resolve("predictions.csv"))) {
      if (!row.get(0).equals("index")) {
        int index = Integer.parseInt(row.get(0));
        int truth = Objects.checkIndex(labels.getOrDefault(row.get(1), -1), names.size());
        int predicted = Objects.checkIndex(labels.getOrDefault(row.get(2), -1), names.size());
        predictions.add(new Prediction(index, truth, predicted, Float.parseFloat(row.get(3))));
      }
    }
    return new Evaluation(
        names,
        predictions,
        record.at("/test/loss").asDouble(),
        record.at("/test/top3Accuracy").asDouble());
  }

  /** The run's folder, by its own name. */
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  /** A value of {@code run.json} as text, or a dash where it has none. */
  public String at(String pointer) {
    JsonNode found = record.at(pointer);
    return found.isMissingNode() || found.isNull() ? "–" : found.asText();
  }

  /** A number of {@code run.json}, if it is there. */
  public Optional<Double> number(String pointer) {
    JsonNode found = record.at(pointer);
    return found.isNumber() ? Optional.of(found.asDouble()) : Optional.empty();
  }

  /** How often the model was right before its temperature; empty where it has none. */
  public Optional<Calibration> uncalibrated() {
    JsonNode bins = record.at("/calibration/bins");
    return number("/calibration/temperature").filter(value -> value != 1).isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Calibration(
                new ObjectMapper()
                    .convertValue(bins, new TypeReference<List<Calibration.Bin>>() {})));
  }

  /** How long a stage took, or a dash. */
  public String seconds(String stage) {
    return number("/seconds/" + stage).map(value -> Pages.number("%.1f", value)).orElse("–");
  }

  /** The most memory by a stage's end, or a dash. */
  public String memory(String stage) {
    return number("/memory/" + stage)
        .map(bytes -> Pages.number("%,.0f MB", bytes / (1 << 20)))
        .orElse("–");
  }

  /** The recipe's keys and values, {@code head.hidden} for a nested one. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    try {
      flatten("", new YAMLMapper().readTree(recipe), settings);
    } catch (JsonProcessingException e) {
      throw new GraftException(folder.resolve("recipe.yaml") + " is damaged.", e);
    }
    return settings;
  }

  private static void flatten(String prefix, JsonNode node, Map<String, String> into) {
    node.properties()
        .forEach(
            each -> {
              String key = prefix + each.getKey();
              if (each.getValue().isObject()) {
                flatten(key + ".", each.getValue(), into);
              } else {
                into.put(
                    key,
                    each.getValue().isValueNode()
                        ? each.getValue().asText()
                        : each.getValue().toString());
              }
            });
  }

  /** Whether this is the Keras notebook's job. */
  public boolean isTheNotebooksJob() {
    return Pages.isTheNotebooksJob(
        at("/backbone"), at("/data/name"), record.at("/weights/pretrained").asBoolean());
  }

  /** Of the right predictions the least certain, the least first. */
  public List<Prediction> leastCertain() {
    return evaluation.predictions().stream()
        .filter(Prediction::correct)
        .sorted((a, b) -> Float.compare(a.probability(), b.probability()))
        .toList();
  }

  /**
   * Pictures of one class that were taken for another.
   *
   * @param share of the class's pictures
   */
  public record Confused(String truth, String predicted, int count, double share) {}

  /** All pairs that were confused, the most frequent first. */
  public List<Confused> confused() {
    var matrix = evaluation.confusion();
    List<Confused> pairs = new ArrayList<>();
    for (int truth = 0; truth < matrix.size(); truth++) {
      for (int predicted = 0; predicted < matrix.size(); predicted++) {
        int count = matrix.count(truth, predicted);
        if (truth != predicted && count > 0) {
          pairs.add(
              new Confused(
                  matrix.classNames().get(truth),
                  matrix.classNames().get(predicted),
                  count,
                  (double) count / matrix.support(truth)));
        }
      }
    }
    pairs.sort((a, b) -> b.count() - a.count());
    return pairs;
  }

  /** The classes by how many mistakes have to do with them, the most first; at most so many. */
  public List<Integer> mostConfusedClasses(int most) {
    var matrix = evaluation.confusion();
    int[] wrong =
        IntStream.range(0, matrix.size())
            .map(i -> matrix.support(i) + matrix.predicted(i) - 2 * matrix.count(i, i))
            .toArray();
    return IntStream.range(0, wrong.length)
        .boxed()
        .sorted((a, b) -> wrong[b] - wrong[a])
        .limit(most)
        .toList();
  }
}
