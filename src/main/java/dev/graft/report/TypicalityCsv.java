package dev.graft.report;

import dev.graft.io.Csv;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** {@code typicality.csv}: {@code index,typicality} of each test image of a run. */
public final class TypicalityCsv {
  public static final String NAME = "typicality.csv";

  private TypicalityCsv() {}

  /** Returns the lines; the index is that of {@code predictions.csv}. */
  public static Stream<String> of(float[] typicality) {
    List<String> rows = new ArrayList<>(List.of(Csv.row(List.of("index", "typicality"))));
    for (int i = 0; i < typicality.length; i++) {
      String share = String.format(Locale.ROOT, "%.6f", typicality[i]);
      rows.add(Csv.row(List.of(Integer.toString(i), share)));
    }
    return rows.stream();
  }
}
