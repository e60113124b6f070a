package dev.graft.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import dev.graft.GraftException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
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
  /** The only thing that is wrong with a text that is not CSV; the end of a sentence. */
  public static final String PROBLEM =
      "a field in quotes must end with a quote, and then a comma or the line's end.";

  private static final char BYTE_ORDER_MARK = '\ufeff';

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
   * @throws IOException if the file cannot be read
   * @throws GraftException if it is not CSV
   */
  public static List<List<String>> read(Path file) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    forEach(file, rows::add);
    return rows;
  }

  /** Passes on each row of a file, of which only one is in memory; see {@link #read}. */
  public static void forEach(Path file, Consumer<List<String>> taker) throws IOException {
    try (BufferedReader text = Files.newBufferedReader(file);
        MappingIterator<List<String>> rows =
            new CsvMapper()
                .readerForListOf(String.class)
                .with(CsvParser.Feature.WRAP_AS_ARRAY)
                .readValues(afterByteOrderMark(text))) {
      while (rows.hasNextValue()) {
        taker.accept(rows.nextValue());
      }
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw notUtf8(file, e);
      }
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new GraftException(file + ", line " + line + ", is not CSV: " + PROBLEM, e);
    } catch (CharacterCodingException e) {
      throw notUtf8(file, e);
    }
  }

  private static GraftException notUtf8(Path file, IOException cause) {
    return new GraftException(file + " is not in UTF-8; save it as \"CSV UTF-8\".", cause);
  }

  /** Skips the mark that spreadsheet programs begin a file with. */
  public static BufferedReader afterByteOrderMark(BufferedReader text) throws IOException {
    text.mark(1);
    if (text.read() != BYTE_ORDER_MARK) {
      text.reset();
    }
    return text;
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
