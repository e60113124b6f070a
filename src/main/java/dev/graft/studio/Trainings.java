package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.graft.io.AtomicFiles;
import dev.graft.io.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The completed trainings of a folder, the oldest first, in a small table: the last one's run has
 * the current model. Thread-safe.
 */
final class Trainings {
  /** Maximum number of trainings in the table; the runs of older ones stay on disk. */
  private static final int MAX = 100;

  private static final List<String> COLUMNS = List.of("run", "images", "accuracy", "low", "high");

  private final Path file;
  private List<Entry> all = List.of();

  /**
   * A training.
   *
   * @param run the folder of the run
   * @param images number of images in the folder
   * @param low the lower end of the accuracy's 95 % interval
   */
  record Entry(@JsonIgnore String run, int images, double accuracy, double low, double high) {
    static Entry of(Path run, int images, Result result) {
      return new Entry(
          run.toAbsolutePath().toString(), images, result.accuracy(), result.low(), result.high());
    }

    private static Entry of(List<String> row) {
      return new Entry(
          row.get(0),
          Integer.parseInt(row.get(1)),
          Double.parseDouble(row.get(2)),
          Double.parseDouble(row.get(3)),
          Double.parseDouble(row.get(4)));
    }

    private String row() {
      return Csv.row(
          List.of(
              run,
              Integer.toString(images),
              Double.toString(accuracy),
              Double.toString(low),
              Double.toString(high)));
    }
  }

  /**
   * @param file may be missing
   */
  Trainings(Path file) {
    this.file = file;
  }

  /** Reads the trainings of earlier sessions; returns the folder of the last one's run. */
  synchronized Optional<Path> read() throws IOException {
    if (Files.isRegularFile(file)) {
      all = Csv.read(file).stream().skip(1).map(Entry::of).toList();
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(Path.of(all.get(all.size() - 1).run()));
  }

  synchronized List<Entry> all() {
    return all;
  }

  synchronized void add(Entry entry) throws IOException {
    List<Entry> more = new ArrayList<>(all);
    more.add(entry);
    all = List.copyOf(more.subList(Math.max(0, more.size() - MAX), more.size()));
    AtomicFiles.write(
        file, Csv.row(COLUMNS) + all.stream().map(Entry::row).collect(Collectors.joining()));
  }
}
