package dev.graft.evaluation;

import java.util.List;
import java.util.stream.Collectors;

/** Comma-separated text as RFC 4180 quotes it, with a bare line feed at the end of each row. */
final class Csv {
  private Csv() {}

  static String row(List<String> fields) {
    return fields.stream().map(Csv::quoted).collect(Collectors.joining(",", "", "\n"));
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
