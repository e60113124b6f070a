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
import dev.graft.Reason;
import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads a manifest in UTF-8: CSV as RFC 4180 has it, with a header that names {@code path} and
 * {@code label} and perhaps {@code split}; or a JSON object with these keys on each line. Relative
 * paths start from the manifest's folder and stay in it; absolute ones may lead anywhere.
 */
final class Manifest {
  private static final int MOST_ROWS = 5_000_000;
  private static final int LONGEST_LINE = 100_000;
  private static final char BYTE_ORDER_MARK = '\ufeff';
  private static final String PATH = "path";
  private static final String LABEL = "label";
  private static final String SPLIT = "split";

  private static final StreamReadConstraints CONSTRAINTS =
      StreamReadConstraints.builder().maxStringLength(LONGEST_LINE).maxNestingDepth(20).build();

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
  private final Path folder;
  private final List<PictureFile> files = new ArrayList<>();

  /** Where in {@link #files} a path is. */
  private final Map<Path, Integer> places = new HashMap<>();

  /** The line of each file's row. */
  private final List<Integer> lines = new ArrayList<>();

  /** Each label once in memory, by how it is written. */
  private final Map<String, String> labels = new HashMap<>();

  private final Set<String> ignoredColumns = new TreeSet<>(Listing.BY_CODE_POINT);
  private int rows;
  private int repeated;

  private Manifest(Path manifest) {
    this.manifest = manifest;
    Path parent = manifest.getParent();
    this.folder = parent == null ? Path.of("") : parent;
  }

  static Listing read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new GraftException(
          file + " is neither a folder nor a file: name a folder of class folders or a manifest.");
    }
    return new Manifest(file).list();
  }

  private Listing list() {
    try (InputStream in = Files.newInputStream(manifest);
        BufferedReader reader =
            new BufferedReader(
                new LimitedLines(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder())))) {
      char first = skipByteOrderMark(reader);
      if (first == '[') {
        throw noManifest("it begins with a JSON array; write one object on each line instead");
      }
      if (first == '{') {
        readJson(reader);
      } else {
        readCsv(reader);
      }
    } catch (LimitedLines.TooLong e) {
      throw noManifest("a line in it is longer than %,d characters".formatted(LONGEST_LINE));
    } catch (CharacterCodingException e) {
      throw noManifest("it is not in UTF-8; if it is a table, save it as \"CSV UTF-8\"");
    } catch (JsonProcessingException e) {
      throw new GraftException(
          "%s, line %d, is not CSV: %s."
              .formatted(
                  manifest, e.getLocation() == null ? 1 : e.getLocation().getLineNr(), reason(e)),
          e);
    } catch (IOException e) {
      throw new GraftException("%s cannot be read (%s).".formatted(manifest, e.getMessage()), e);
    }
    if (files.isEmpty()) {
      throw new GraftException(
          manifest + " lists no pictures: write a path and a label on each line.");
    }
    return Listing.checked(manifest, folder, files, notes());
  }

  /** The first character of the content, which is not consumed. */
  private char skipByteOrderMark(BufferedReader reader) throws IOException {
    reader.mark(2);
    int first = reader.read();
    if (first == BYTE_ORDER_MARK) {
      reader.mark(2);
      first = reader.read();
    }
    if (first < 0) {
      throw new GraftException(manifest + " is empty: write a path and a label on each line.");
    }
    reader.reset();
    return (char) first;
  }

  private void readCsv(Reader reader) throws IOException {
    try (CsvParser parser = CSV.getFactory().createParser(reader)) {
      List<String> header = nextRow(parser, 0);
      List<String> names =
          header.stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
      if (!names.contains(PATH) || !names.contains(LABEL)) {
        throw noManifest(
            "its first line must name the columns path and label, separated by a comma, but is "
                + Listing.few(header));
      }
      for (String name : List.of(PATH, LABEL, SPLIT)) {
        if (names.indexOf(name) != names.lastIndexOf(name)) {
          throw noManifest("its first line names the column " + name + " twice");
        }
      }
      ignoredColumns.addAll(names);
      int path = names.indexOf(PATH);
      int label = names.indexOf(LABEL);
      int split = names.indexOf(SPLIT);
      for (List<String> row = nextRow(parser, names.size());
          !row.isEmpty();
          row = nextRow(parser, names.size())) {
        add(row.get(path), row.get(label), split < 0 ? "" : row.get(split), line(parser));
      }
    }
  }

  /** The line of the row that was read last: that in which it ends. */
  private static int line(CsvParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  /**
   * The fields of the next row; none at the end.
   *
   * @param width how many fields it must have; 0 if any number will do
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
      throw new GraftException(
          "%s, line %d, has %s, but its first line has %d; put fields with commas in quotes."
              .formatted(manifest, line(parser), Listing.count(row.size(), "field"), width));
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
            "%s, line %d, is not JSON: %s. Write one object on each line."
                .formatted(manifest, line, reason(e)),
            e);
      }
      if (!row.isObject()) {
        throw new GraftException(
            "%s, line %d, is not a JSON object such as {\"path\": \"cats/1.jpg\", \"label\": \"cat\"}."
                .formatted(manifest, line));
      }
      row.fieldNames().forEachRemaining(ignoredColumns::add);
      String split = row.path(SPLIT).isNull() ? "" : text(row, SPLIT, "", line);
      add(text(row, PATH, null, line), text(row, LABEL, null, line), split, line);
    }
  }

  /** A text of an object; {@code absent} where it has none, if there is such a value. */
  private String text(JsonNode row, String key, String absent, int line) {
    JsonNode value = row.path(key);
    if (value.isMissingNode() && absent != null) {
      return absent;
    }
    if (!value.isTextual()) {
      throw new GraftException(
          "%s, line %d, %s"
              .formatted(
                  manifest,
                  line,
                  value.isMissingNode()
                      ? "lacks \"" + key + "\": every picture needs a path and a label."
                      : "has a \"" + key + "\" that is no text: put it in quotes."));
    }
    return value.textValue();
  }

  private void add(String pathText, String labelText, String splitText, int line) {
    if (++rows > MOST_ROWS) {
      throw noManifest("it has more than %,d rows".formatted(MOST_ROWS));
    }
    Path path = path(pathText, line);
    String label =
        labels.computeIfAbsent(
            labelText, text -> Listing.label(text, manifest + ", line " + line + ","));
    Optional<Part> part = part(splitText.strip(), line);
    PictureFile file = new PictureFile(path, label, part);
    Integer place = places.putIfAbsent(path, files.size());
    if (place == null) {
      files.add(file);
      lines.add(line);
    } else if (files.get(place).equals(file)) {
      repeated++;
    } else {
      throw new GraftException(
          "%s has %s twice, with different %s, in lines %d and %d: take one of them out."
              .formatted(
                  manifest,
                  Listing.printable(pathText),
                  files.get(place).label().equals(label) ? "splits" : "labels",
                  lines.get(place),
                  line));
    }
  }

  private Path path(String text, int line) {
    if (text.isBlank()) {
      throw new GraftException(
          "%s, line %d, has an empty path: every picture needs one.".formatted(manifest, line));
    }
    Path path;
    try {
      path = Path.of(text).normalize();
    } catch (InvalidPathException e) {
      boolean unwritable =
          text.codePoints().anyMatch(c -> c > 127)
              && !System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");
      throw new GraftException(
          "%s, line %d, has a path that cannot be a file's name: %s. %s"
              .formatted(
                  manifest,
                  line,
                  Listing.printable(text),
                  unwritable ? Listing.localeAdvice() : "Correct it or take the line out."),
          e);
    }
    if (path.isAbsolute()) {
      return path;
    }
    if (path.startsWith("..") || path.getRoot() != null || path.toString().isEmpty()) {
      throw new GraftException(
          "%s, line %d, has a path that leads out of the manifest's folder: %s. Move the picture into it, or give its absolute path."
              .formatted(manifest, line, Listing.printable(text)));
    }
    return folder.resolve(path);
  }

  private Optional<Part> part(String word, int line) {
    if (word.isEmpty()) {
      return Optional.empty();
    }
    Optional<Part> part = Part.of(word);
    if (part.isEmpty()) {
      throw new GraftException(
          "%s, line %d, has an unknown split, %s: write train, val or test, or leave it empty."
              .formatted(manifest, line, Listing.few(List.of(word))));
    }
    return part;
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    ignoredColumns.removeAll(List.of(PATH, LABEL, SPLIT));
    if (!ignoredColumns.isEmpty()) {
      notes.add(
          "Ignored in %s: %s; only path, label and split count."
              .formatted(manifest, Listing.few(ignoredColumns)));
    }
    if (repeated > 0) {
      notes.add(
          "Ignored %s of %s that %s an earlier one."
              .formatted(
                  Listing.count(repeated, "row"), manifest, repeated == 1 ? "repeats" : "repeat"));
    }
    long without = files.stream().filter(file -> file.part().isEmpty()).count();
    if (without > 0 && without < files.size()) {
      notes.add(
          "%s of %,d in %s without a split."
              .formatted(Listing.count(without, "picture"), files.size(), manifest));
    }
    return notes;
  }

  private GraftException noManifest(String why) {
    return new GraftException(
        "%s cannot be taken for a manifest (CSV or JSON lines): %s.".formatted(manifest, why));
  }

  /** The first line of what Jackson says, without where it thinks that it is. */
  private static String reason(JsonProcessingException e) {
    return e instanceof MismatchedInputException
        ? "there is more after its first value"
        : Reason.of(e.getOriginalMessage(), "it makes no sense");
  }

  /** Gives up on a line without end before it fills the memory. */
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
        if (length > LONGEST_LINE) {
          throw new TooLong();
        }
      }
      return read;
    }
  }
}
