package dev.graft.evaluation;

import dev.graft.io.Csv;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The number of images of each class that were predicted as each class. Rows = truth, columns =
 * predicted. It is sparse: its size follows the images, not the square of the classes.
 */
public final class ConfusionMatrix {
  /** Classes up to which {@link #toCsv} writes the whole matrix. */
  public static final int MAX_CSV_CLASSES = 1_000;

  /**
   * A cell that is not 0.
   *
   * @param truth the index of the true class
   * @param predicted the index of the predicted class
   */
  public record Cell(int truth, int predicted, int count) {
    boolean correct() {
      return truth == predicted;
    }
  }

  private final List<String> classNames;
  private final long[] keys; // truth * classes + predicted, of the cells that are not 0, ascending
  private final int[] counts; // of the keys
  private final int[] support;
  private final int[] predicted;

  /**
   * Counts predictions.
   *
   * @param classNames in the order of the class indices
   */
  public ConfusionMatrix(List<String> classNames, List<Prediction> predictions) {
    this.classNames = List.copyOf(classNames);
    long classes = classNames.size();
    long[] all =
        predictions.stream().mapToLong(p -> p.truth() * classes + p.predicted()).sorted().toArray();
    keys = Arrays.stream(all).distinct().toArray();
    counts = new int[keys.length];
    support = new int[classNames.size()];
    predicted = new int[classNames.size()];
    int cell = 0;
    for (long key : all) {
      cell += key == keys[cell] ? 0 : 1;
      counts[cell]++;
      support[(int) (key / classes)]++;
      predicted[(int) (key % classes)]++;
    }
  }

  /** Returns the names of the classes, in the order of the class indices. */
  public List<String> classNames() {
    return classNames;
  }

  /** Returns the number of classes, equal to the number of rows and of columns. */
  public int size() {
    return classNames.size();
  }

  /**
   * Returns the number of images of class {@code truth} that were predicted as {@code predicted}.
   */
  public int count(int truth, int predicted) {
    int cell = Arrays.binarySearch(keys, (long) truth * size() + predicted);
    return cell < 0 ? 0 : counts[cell];
  }

  /** Returns the cells that are not 0, row by row. */
  public Stream<Cell> cells() {
    return IntStream.range(0, keys.length)
        .mapToObj(i -> new Cell((int) (keys[i] / size()), (int) (keys[i] % size()), counts[i]));
  }

  /** Returns the pairs of different classes that were confused, the most frequent first. */
  public List<Cell> confused() {
    return cells()
        .filter(cell -> !cell.correct())
        .sorted((a, b) -> Integer.compare(b.count(), a.count()))
        .toList();
  }

  /** Returns the classes by the number of mistakes that involve them, the most first. */
  public IntStream mostConfused() {
    int[] mistakes = new int[size()];
    confused()
        .forEach(
            cell -> {
              mistakes[cell.truth()] += cell.count();
              mistakes[cell.predicted()] += cell.count();
            });
    return IntStream.range(0, size())
        .boxed()
        .sorted((a, b) -> Integer.compare(mistakes[b], mistakes[a]))
        .mapToInt(i -> i);
  }

  /** Returns the number of images of class {@code truth}. */
  public int support(int truth) {
    return support[truth];
  }

  /** Returns the number of images that were predicted as class {@code predicted}. */
  public int predicted(int predicted) {
    return this.predicted[predicted];
  }

  /** Returns the number of correct predictions. */
  public int trace() {
    return cells().filter(Cell::correct).mapToInt(Cell::count).sum();
  }

  /**
   * Returns the matrix as CSV: first {@code truth\predicted} and the class names, then one row per
   * true class. With more than {@link #MAX_CSV_CLASSES} classes, instead, {@code
   * truth,predicted,count} and one row per cell that is not 0, the most confused pairs first and
   * the correct predictions last.
   */
  public String toCsv() {
    return size() <= MAX_CSV_CLASSES ? matrixCsv() : cellsCsv();
  }

  private String matrixCsv() {
    var csv = new StringBuilder(row("truth\\predicted", classNames.stream()));
    int cell = 0;
    for (int truth = 0; truth < size(); truth++) {
      int[] row = new int[size()];
      for (; cell < keys.length && keys[cell] / size() == truth; cell++) {
        row[(int) (keys[cell] % size())] = counts[cell];
      }
      csv.append(row(classNames.get(truth), Arrays.stream(row).mapToObj(Integer::toString)));
    }
    return csv.toString();
  }

  private String cellsCsv() {
    var csv = new StringBuilder("truth,predicted,count\n");
    Stream.concat(confused().stream(), cells().filter(Cell::correct))
        .forEach(
            cell ->
                csv.append(
                    row(
                        classNames.get(cell.truth()),
                        Stream.of(
                            classNames.get(cell.predicted()), Integer.toString(cell.count())))));
    return csv.toString();
  }

  private static String row(String label, Stream<String> fields) {
    return Csv.row(Stream.concat(Stream.of(label), fields).toList());
  }
}
