package dev.graft.report;

import dev.graft.evaluation.History;
import java.util.List;
import java.util.Map;

/**
 * The content of a sweep's page.
 *
 * @param keys of the grid
 * @param rows the best first; the first was chosen
 * @param test accuracy of the chosen one
 * @param run name of the run of the chosen one
 * @param histories of the best, by their settings
 */
public record SweepPage(
    List<String> keys, List<Row> rows, String test, String run, Map<String, History> histories) {
  /**
   * A combination.
   *
   * @param settings one per key
   * @param figures validation accuracy and loss, epochs, best epoch, seconds
   */
  public record Row(List<String> settings, List<String> figures) {}

  /** Returns loss and accuracy over the epochs, as elements of the page. */
  public List<String> curves() {
    return Pages.curves(histories, Map.of());
  }
}
