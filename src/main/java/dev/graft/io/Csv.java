package dev.graft.io;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Reads and writes CSV with the quoting of RFC 4180. Rows end with a line feed, as command line
 * tools expect.
 */
public final class Csv {
  private Csv() {}

  /** Returns a row with its line feed. Fields with a comma, quote or line break are quoted. */
  public static String row(List<String> fields) {
    return line(fields) + "\n";
  }

  /** Returns a row without its line feed. */
  public static String line(List<String> fields) {
    return fields.stream().map(Csv::quoted).collect(Collectors.joining(","));
  }

  /**
   * Returns the fields of all rows of a file.
   *
   * @throws IOException if the file cannot be read, or is not CSV
   */
  public static List<List<String>> read(Path file) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    forEach(file, rows::add);
    return rows;
  }

  /** Passes on each row of a file, of which only one is in memory; see {@link #read}. */
  public static void forEach(Path file, Consumer<List<String>> taker) throws IOException {
    try (MappingIterator<List<String>> rows =
        new CsvMapper()
            .readerForListOf(String.class)
            .with(CsvParser.Feature.WRAP_AS_ARRAY)
            .readValues(Files.newBufferedReader(file))) {
      while (rows.hasNextValue()) {
        taker.accept(rows.nextValue());
      }
    }
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
