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
 * Comma-separated text as RFC 4180 quotes it, with a bare line feed at the end of each row, since
 * its readers are tools of the command line as often as spreadsheets.
 */
public final class Csv {
  private Csv() {}

  /** A row with its line feed; a field that holds a comma, a quote or a line break is quoted. */
  public static String row(List<String> fields) {
    return line(fields) + "\n";
  }

  /** The same without a line feed, for who ends lines anyway. */
  public static String line(List<String> fields) {
    return fields.stream().map(Csv::quoted).collect(Collectors.joining(","));
  }

  /**
   * All rows of a file, each as its fields.
   *
   * @throws IOException if it can't be read, or is no table
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
