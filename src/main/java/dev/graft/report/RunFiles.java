package dev.graft.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.graft.GraftException;
import dev.graft.evaluation.Calibration;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Prediction;
import dev.graft.io.Csv;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The files of a completed run, as read from its folder; earlier versions of Graft may have written
 * them.
 *
 * @param record {@code run.json}; read by {@link #at} and {@link #number}
 * @param recipe {@code recipe.yaml}
 * @param history {@code history.csv}
 * @param evaluation of the test images, from {@code predictions.csv} and {@code classes.csv}
 */
public record RunFiles(
    Path folder, JsonNode record, String recipe, History history, Evaluation evaluation) {
  /** The header of {@code labels.csv}. */
  public static final List<String> LABELS =
      List.of("path", "label", "suggested", "label_probability", "suggested_probability", "reason");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a run's folder.
   *
   * @throws GraftException if it is not one, if the run is not completed, or if a file is damaged
   */
  public static RunFiles read(Path folder) {
    JsonNode record = record(folder);
    if (!hasMetrics(record)) {
      throw GraftException.of(
          "The run in %s was not completed (%s), so it has no metrics (finish it with %s).",
          folder, record.path("status").asText(), resumption(folder));
    }
    return read(folder, record);
  }

  /**
   * Reads a run's folder if the run has metrics: if it was completed, or evaluated when
   * interrupted.
   *
   * @throws GraftException if the folder is not that of a run, or if a file is damaged
   */
  public static Optional<RunFiles> ifMeasured(Path folder) {
    JsonNode record = record(folder);
    return hasMetrics(record) ? Optional.of(read(folder, record)) : Optional.empty();
  }

  private static boolean hasMetrics(JsonNode record) {
    return record.path("status").asText().equals("completed") || record.hasNonNull("test");
  }

  private static JsonNode record(Path folder) {
    Path file = folder.resolve("run.json");
    if (!Files.isDirectory(folder)) {
      throw new GraftException("The folder " + folder + " does not exist.");
    }
    if (!Files.isRegularFile(file)) {
      throw new GraftException(folder + " is not the folder of a run: it has no run.json.");
    }
    try {
      JsonNode record = JSON.readTree(Files.readAllBytes(file));
      if (record != null && record.path("status").isTextual()) {
        return record;
      }
    } catch (IOException e) {
      throw new GraftException(Messages.damagedRecord(file), e);
    }
    throw new GraftException(Messages.damagedRecord(file));
  }

  /** Reads a run's folder, with a record that is not written yet. */
  public static RunFiles read(Path folder, JsonNode record) {
    Path file = folder.resolve("recipe.yaml");
    try {
      String recipe = Files.readString(file);
      double minDelta =
          new YAMLMapper().readTree(recipe).at("/early-stopping/min-delta").asDouble(0);
      return new RunFiles(
          folder,
          record,
          recipe,
          history(folder.resolve("history.csv"), minDelta),
          evaluation(folder, record));
    } catch (NoSuchFileException e) {
      throw damaged(folder, e);
    } catch (IOException e) {
      throw new GraftException(file + " is damaged; restore it, or repeat the run.", e);
    }
  }

  private static History history(Path file, double minDelta) {
    try {
      return new History(table(file, History::epochOfCsv), minDelta);
    } catch (IllegalArgumentException e) {
      throw new GraftException(file + " is damaged; restore it, or repeat the run.", e);
    }
  }

  /**
   * Reads a table of a run.
   *
   * @param row reads a row after the header
   * @throws GraftException if the file or a row can't be read
   */
  private static <T> List<T> table(Path file, Function<List<String>, T> row) {
    return table(file, List.of(), row);
  }

  /**
   * Reads a table of a run, as above.
   *
   * @param header its first row; empty for any
   */
  private static <T> List<T> table(Path file, List<String> header, Function<List<String>, T> row) {
    List<List<String>> rows;
    try {
      rows = Csv.read(file);
    } catch (IOException e) {
      throw damaged(file.getParent(), e);
    }
    if (!header.isEmpty() && (rows.isEmpty() || !rows.get(0).equals(header))) {
      throw GraftException.of(
          "%s is damaged: its first row is not %s; restore it, or repeat the run.",
          file, String.join(",", header));
    }
    List<T> table = new ArrayList<>();
    for (int i = 1; i < rows.size(); i++) {
      try {
        table.add(row.apply(rows.get(i)));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new GraftException(
            Text.of("%s is damaged in row %,d; restore it, or repeat the run.", file, i + 1), e);
      }
    }
    return table;
  }

  private static GraftException damaged(Path folder, Exception cause) {
    String why = Messages.of(cause, "one of them is damaged");
    return new GraftException(
        "Cannot read the files of the run in " + folder + ": " + why + ".", cause);
  }

  private static Evaluation evaluation(Path folder, JsonNode record) {
    List<String> names = table(folder.resolve("classes.csv"), row -> row.get(0));
    Map<String, Integer> indices = new HashMap<>();
    names.forEach(name -> indices.put(name, indices.size()));
    List<Prediction> predictions =
        table(
            folder.resolve("predictions.csv"),
            row ->
                new Prediction(
                    imageIndex(row.get(0)),
                    index(indices, row.get(1), folder),
                    index(indices, row.get(2), folder),
                    Float.parseFloat(share(row.get(3)))));
    int tested = record.at("/data/test").asInt(predictions.size());
    if (predictions.isEmpty() || predictions.size() != tested) {
      throw new GraftException(
          Text.of(
              "%s has %s, and run.json counts %s; restore it, or repeat the run.",
              folder.resolve("predictions.csv"),
              Names.count(predictions.size(), "row"),
              Names.count(tested, "test image")));
    }
    return new Evaluation(
        names,
        predictions,
        record.at("/test/loss").asDouble(),
        record.at("/test/top3Accuracy").asDouble());
  }

  private static int imageIndex(String text) {
    int index = Integer.parseInt(text);
    if (index < 0) {
      throw new IllegalArgumentException("a negative index");
    }
    return index;
  }

  /** Returns a text that is a number from 0 to 1. */
  private static String share(String text) {
    double share = Double.parseDouble(text);
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("not from 0 to 1");
    }
    return text;
  }

  private static int index(Map<String, Integer> indices, String name, Path folder) {
    Integer index = indices.get(name);
    if (index == null) {
      throw new GraftException(
          folder.resolve("predictions.csv")
              + " has the class "
              + name
              + ", which classes.csv lacks; restore them, or repeat the run.");
    }
    return index;
  }

  /** Returns the name of the run's folder. */
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  /**
   * Returns the Graft command that repeats the run, from the working folder; {@code recipe.yaml}
   * has all of its settings.
   */
  public String command() {
    String output = shown(folder.resolve("../.."));
    return "fine-tune --recipe "
        + PathText.quoted(shown(folder.resolve("recipe.yaml")))
        + (output.equals("output") ? "" : " --output " + PathText.quoted(output));
  }

  /** Returns the seconds of the run that none of its named steps took. */
  public double otherSeconds() {
    return otherSeconds(
        seconds("features"), seconds("training"), seconds("evaluation"), seconds("total"));
  }

  private double seconds(String step) {
    return number("/seconds/" + step).orElse(0.0);
  }

  /** Returns the seconds besides those of the named steps, of tenths, so that these add up. */
  public static double otherSeconds(
      double features, double training, double evaluation, double total) {
    return Math.max(0, tenths(total) - tenths(features) - tenths(training) - tenths(evaluation));
  }

  private static double tenths(double seconds) {
    return Math.round(10 * seconds) / 10.0;
  }

  /** Returns the Graft command that goes on with the run, from the working folder. */
  public String resumption() {
    return resumption(folder);
  }

  private static String resumption(Path folder) {
    return "fine-tune --resume " + PathText.quoted(shown(folder));
  }

  /** Returns a path relative to the working folder, unless it is elsewhere and given absolutely. */
  private static String shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    Path absolute = path.toAbsolutePath().normalize();
    boolean elsewhere = path.isAbsolute() && !absolute.startsWith(here);
    String shown = PathText.of(elsewhere ? absolute : here.relativize(absolute));
    return shown.isEmpty() ? "." : shown;
  }

  /** Returns a value of {@code run.json} as text, or a dash if it has none. */
  public String at(String pointer) {
    JsonNode found = record.at(pointer);
    return found.isMissingNode() || found.isNull() ? "–" : found.asText();
  }

  /** Returns a number of {@code run.json}. */
  public Optional<Double> number(String pointer) {
    JsonNode found = record.at(pointer);
    return found.isNumber() ? Optional.of(found.asDouble()) : Optional.empty();
  }

  /** Returns the calibration without temperature scaling, if the run fitted a temperature. */
  public Optional<Calibration> uncalibrated() {
    return number("/calibration/temperature")
        .filter(value -> value != 1)
        .map(
            value ->
                new Calibration(
                    JSON.convertValue(
                        record.at("/calibration/bins"),
                        new TypeReference<List<Calibration.Bin>>() {})));
  }

  /**
   * Returns whether the accuracy of the run is that of a cross-validation, because the test images
   * are few.
   */
  public boolean crossValidationLeads() {
    return record.at("/crossValidation/fewTestImages").asBoolean();
  }

  /**
   * A row of {@code labels.csv}: an image and the class that cross-validation suggests.
   *
   * @param path relative to the data
   * @param labelProbability the probability of its label, 0 to 1
   * @param suggestedProbability the probability of the suggested class, 0 to 1
   * @param wrong whether the label is probably wrong
   */
  public record LabelRow(
      String path,
      String label,
      String suggested,
      double labelProbability,
      double suggestedProbability,
      boolean wrong) {}

  /** Returns the rows of a run's {@code labels.csv}; none if it has no such file. */
  public static List<LabelRow> labels(Path run) {
    Path file = run.resolve("labels.csv");
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    return table(
        file,
        LABELS,
        row ->
            new LabelRow(
                row.get(0),
                row.get(1),
                row.get(2),
                Double.parseDouble(share(row.get(3))),
                Double.parseDouble(share(row.get(4))),
                List.of(row.get(5).split(" ")).contains("label")));
  }

  /** Returns the first images whose label is probably wrong. */
  public List<LabelRow> wrongLabels(int max) {
    return labels(folder).stream().filter(LabelRow::wrong).limit(max).toList();
  }

  /** Returns the SHA-256 of the test images; none without {@code split.csv}. */
  Set<String> testHashes() {
    Set<String> hashes = new HashSet<>();
    try {
      if (has("split.csv")) {
        Csv.forEach(
            folder.resolve("split.csv"),
            row -> {
              if (row.size() > 3 && row.get(2).equals("test")) { // earlier versions had three
                hashes.add(row.get(3));
              }
            });
      }
    } catch (IOException e) {
      throw damaged(folder, e);
    }
    return hashes;
  }

  /** Returns the typicality of each test image; none in runs of earlier versions. */
  public List<Double> typicality() {
    return has(TypicalityCsv.NAME)
        ? table(folder.resolve(TypicalityCsv.NAME), row -> Double.valueOf(share(row.get(1))))
        : List.of();
  }

  /** Returns the test images, the one least like the training images first. */
  public List<Prediction> farthest() {
    List<Double> typicality = typicality();
    return evaluation.predictions().stream()
        .filter(each -> each.index() < typicality.size())
        .sorted(Comparator.comparing(each -> typicality.get(each.index()))) // stable
        .toList();
  }

  /** Returns whether the run's folder has a file. */
  public boolean has(String file) {
    return Files.isRegularFile(folder.resolve(file));
  }

  /** Returns the recipe's keys and values, {@code head.hidden} for a nested one. */
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
                    each.getValue().isArray()
                        ? String.join(", ", JSON.convertValue(each.getValue(), String[].class))
                        : each.getValue().isDouble()
                            ? Text.number(each.getValue().doubleValue())
                            : each.getValue().asText());
              }
            });
  }

  /** Returns whether this is the Keras notebook's job. */
  public boolean isTheNotebooksJob() {
    return Pages.isTheNotebooksJob(
        at("/backbone"), at("/data/name"), record.at("/weights/pretrained").asBoolean());
  }
}
