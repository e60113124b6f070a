package dev.graft.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvFactory;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import dev.graft.GraftException;
import dev.graft.io.Csv;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Parses the rows of a manifest into strings; {@link Manifest} interprets them. */
final class ManifestRows {
  private static final int MAX_LINE = 100_000;
  static final String PATH = "path";
  static final String LABEL = "label";
  static final String SPLIT = "split";

  private static final StreamReadConstraints CONSTRAINTS =
      StreamReadConstraints.builder().maxStringLength(MAX_LINE).maxNestingDepth(20).build();

  private static final CsvMapper CSV =
      CsvMapper.builder(CsvFactory.builder().streamReadConstraints(CONSTRAINTS).build())
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .build();

  private static final ObjectReader JSON =
      JsonMapper.builder(JsonFactory.builder().streamReadConstraints(CONSTRAINTS).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private final Path manifest;
  private final ReadingRules rules;
  private final Consumer<Row> consumer;
  private final Set<String> columns = new HashSet<>();

  /**
   * One row.
   *
   * @param split empty where there is none
   * @param sha256 empty where there is none
   * @param line the line that it ends in, from 1
   */
  record Row(String path, String label, String split, String sha256, int line) {}

  private ManifestRows(Path manifest, ReadingRules rules, Consumer<Row> consumer) {
    this.manifest = manifest;
    this.rules = rules;
    this.consumer = consumer;
  }

  /**
   * Passes all rows to a consumer.
   *
   * @param rules name the columns
   * @return the names of all columns or keys
   * @throws GraftException if the file is not a manifest
   */
  static Set<String> read(Path manifest, ReadingRules rules, Consumer<Row> consumer) {
    ManifestRows rows = new ManifestRows(manifest, rules, consumer);
    rows.read();
    return rows.columns;
  }

  private void read() {
    try (InputStream in = Files.newInputStream(manifest);
        BufferedReader reader =
            Csv.afterByteOrderMark(
                new BufferedReader(
                    new LimitedLines(
                        new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))))) {
      int first = firstCharacter(reader);
      if (first == '[') {
        throw noManifest("it begins with a JSON array; write one object on each line instead");
      }
      if (first == '{') {
        readJson(reader);
      } else {
        readCsv(reader);
      }
    } catch (LimitedLines.TooLong e) {
      throw noManifest(Text.of("a line in it is longer than %,d characters", MAX_LINE));
    } catch (CharacterCodingException e) {
      throw noManifest("it is not in UTF-8; if it is a table, save it as \"CSV UTF-8\"");
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new GraftException(line(line) + " is not CSV: " + Csv.PROBLEM, e);
    } catch (IOException e) {
      throw new GraftException(manifest + " cannot be read (" + Messages.reason(e) + ").", e);
    }
  }

  /** Returns the first character after empty lines; consumes nothing, so that lines count. */
  private int firstCharacter(BufferedReader reader) throws IOException {
    reader.mark(MAX_LINE);
    int first = reader.read();
    for (int i = 1; i < MAX_LINE && Character.isWhitespace(first); i++) {
      first = reader.read();
    }
    if (first < 0) {
      throw new GraftException(manifest + " is empty: write a path and a label on each line.");
    }
    reader.reset();
    return first;
  }

  private void readCsv(Reader reader) throws IOException {
    try (CsvParser parser = CSV.getFactory().createParser(reader)) {
      List<String> header = nextRow(parser, 0);
      List<String> names =
          header.stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
      ReadingRules wanted = rules.inLowerCase();
      if (!names.contains(wanted.path()) || !names.contains(wanted.label())) {
        throw noManifest(
            Text.of(
                "its first line must name the columns %s and %s, separated by a comma, but is %s; if"
                    + " its columns have other names, set columns, such as path=id,label=breed",
                rules.path(), rules.label(), Names.quoted(header)));
      }
      for (String name : List.of(wanted.path(), wanted.label(), wanted.split())) {
        if (names.indexOf(name) != names.lastIndexOf(name)) {
          throw noManifest("its first line names the column " + name + " twice");
        }
      }
      columns.addAll(names);
      int path = names.indexOf(wanted.path());
      int label = names.indexOf(wanted.label());
      int split = names.indexOf(wanted.split());
      int sha256 = names.indexOf(SplitCsv.SHA256);
      for (List<String> row = nextRow(parser, names.size());
          !row.isEmpty();
          row = nextRow(parser, names.size())) {
        consumer.accept(
            new Row(
                row.get(path),
                row.get(label),
                split < 0 ? "" : row.get(split),
                sha256 < 0 ? "" : row.get(sha256),
                lineOf(parser)));
      }
    }
  }

  /** Returns the line in which the last row ends. */
  private static int lineOf(CsvParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  /**
   * Returns the fields of the next row; none at the end.
   *
   * @param width the number of fields it must have; 0 for any
   */
  private List<String> nextRow(CsvParser parser, int width) throws IOException {
    List<String> row = new ArrayList<>();
    if (parser.nextToken() == null) {
      return row;
    }
    while (parser.nextToken() == JsonToken.VALUE_STRING) {
      row.add(parser.getText());
    }
    if (width > 0 && row.size() != width) {
      throw GraftException.of(
          "%s has %s, but its first line has %s; put fields with commas in quotes.",
          line(lineOf(parser)), Names.count(row.size(), "field"), width);
    }
    return row;
  }

  private void readJson(BufferedReader reader) throws IOException {
    int line = 0;
    for (String text = reader.readLine(); text != null; text = reader.readLine()) {
      line++;
      if (text.isBlank()) {
        continue;
      }
      JsonNode row;
      try {
        row = JSON.readTree(text);
      } catch (JsonProcessingException e) {
        throw new GraftException(
            line(line) + " is not JSON: " + reason(e) + ". Write one object on each line.", e);
      }
      if (!row.isObject()) {
        throw GraftException.of(
            "%s is not a JSON object such as {\"path\": \"cats/1.jpg\", \"label\": \"cat\"}.",
            line(line));
      }
      row.fieldNames().forEachRemaining(columns::add);
      JsonNode split = row.path(rules.split());
      consumer.accept(
          new Row(
              text(row, rules.path(), line),
              text(row, rules.label(), line),
              split.isNull() || split.isMissingNode() ? "" : text(row, rules.split(), line),
              row.path(SplitCsv.SHA256).asText(),
              line));
    }
  }

  private String text(JsonNode row, String key, int line) {
    JsonNode value = row.path(key);
    if (!value.isTextual()) {
      throw new GraftException(
          line(line)
              + (value.isMissingNode()
                  ? " lacks \"" + key + "\": every image needs a path and a label."
                  : " has a \"" + key + "\" that is not a string: put it in quotes."));
    }
    return value.textValue();
  }

  private String line(int line) {
    return manifest + ", line " + line + ",";
  }

  private GraftException noManifest(String why) {
    return new GraftException(manifest + " is not a manifest (CSV or JSON lines): " + why + ".");
  }

  /** Returns the first line of Jackson's message, without its location. */
  private static String reason(JsonProcessingException e) {
    return e instanceof MismatchedInputException
        ? "there is more after its first value"
        : Messages.of(e.getOriginalMessage(), "it is malformed");
  }

  /** Rejects an endless line before it fills the memory. */
  private static final class LimitedLines extends FilterReader {
    static final class TooLong extends IOException {
      private static final long serialVersionUID = 1L;
    }

    private int length;

    LimitedLines(Reader in) {
      super(in);
    }

    @Override
    public int read(char[] buffer, int offset, int count) throws IOException {
      int read = super.read(buffer, offset, count);
      for (int i = offset; i < offset + read; i++) {
        length = buffer[i] == '\n' || buffer[i] == '\r' ? 0 : length + 1;
        if (length > MAX_LINE) {
          throw new TooLong();
        }
      }
      return read;
    }
  }
}
