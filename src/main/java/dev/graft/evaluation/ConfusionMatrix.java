package dev.graft.evaluation;

import dev.graft.io.Csv;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many pictures of each class were taken for which class. Rows = truth, columns = predicted.
 */
public final class ConfusionMatrix {
  private final List<String> classNames;
  private final int[][] counts; // [truth][predicted]

  public ConfusionMatrix(List<String> classNames, List<Prediction> predictions) {
    this.classNames = List.copyOf(classNames);
    this.counts = new int[classNames.size()][classNames.size()];
    predictions.forEach(p -> counts[p.truth()][p.predicted()]++);
  }

  public List<String> classNames() {
    return classNames;
  }

  /** The number of classes, which is that of the rows and of the columns. */
  public int size() {
    return counts.length;
  }

  /** The number of pictures of class {@code truth} that were taken for class {@code predicted}. */
  public int count(int truth, int predicted) {
    return counts[truth][predicted];
  }

  /** The number of pictures of class {@code truth}. */
  public int support(int truth) {
    return Arrays.stream(counts[truth]).sum();
  }

  /** The number of pictures that were taken for class {@code predicted}. */
  public int predicted(int predicted) {
    return Arrays.stream(counts).mapToInt(row -> row[predicted]).sum();
  }

  /** The number of pictures that were taken for what they are. */
  public int trace() {
    return IntStream.range(0, size()).map(i -> counts[i][i]).sum();
  }

  /** First row {@code truth\predicted} and the class names, then a row a true class. */
  public String toCsv() {
    var csv = new StringBuilder(row("truth\\predicted", classNames));
    for (int truth = 0; truth < size(); truth++) {
      List<String> row = Arrays.stream(counts[truth]).mapToObj(Integer::toString).toList();
      csv.append(row(classNames.get(truth), row));
    }
    return csv.toString();
  }

  private static String row(String label, List<String> fields) {
    return Csv.row(Stream.concat(Stream.of(label), fields.stream()).toList());
  }
}
