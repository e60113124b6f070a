package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.io.Csv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What was put in which part, written down as a manifest of {@code path,label,split}: it gives the
 * same parts again to whoever trains on it, and the run's own test pictures to whoever judges it.
 */
public final class SplitCsv {
  private SplitCsv() {}

  /** The rows of a split of picture files: a head, training, validation, test. */
  public static Stream<String> of(ImageSet pictures, Split split) {
    return Stream.of(
            Stream.of(Csv.row(List.of("path", "label", "split"))),
            rows(pictures, split.train(), Part.TRAIN),
            rows(pictures, split.validation(), Part.VALIDATION),
            rows(pictures, split.test(), Part.TEST))
        .flatMap(rows -> rows);
  }

  private static Stream<String> rows(ImageSet pictures, int[] indices, Part part) {
    String name = part.name().toLowerCase(Locale.ROOT);
    return IntStream.of(indices)
        .mapToObj(i -> pictures.file(i).orElseThrow())
        .map(file -> Csv.row(List.of(file.path().toAbsolutePath().toString(), file.label(), name)));
  }

  /**
   * The pictures of a part of a split, found again.
   *
   * @param indices of those that are there and readable, ascending
   * @param lost those that aren't, or show another class now
   */
  @SuppressWarnings("ArrayRecordComponent") // made once a command, and compared by nobody
  public record Found(int[] indices, List<Path> lost) {}

  /**
   * Finds the pictures of a part of a split in data as it is today, by their paths and labels.
   *
   * @param file what {@link #of} wrote
   * @throws GraftException if there is none left, or if the file is damaged
   */
  public static Found find(Path file, DataSet data, Part part) {
    ImageSet pictures = data.pictures();
    Map<Path, Integer> places = new HashMap<>();
    pictures
        .readable()
        .forEach(i -> pictures.file(i).ifPresent(each -> places.put(absolute(each.path()), i)));
    List<Integer> found = new ArrayList<>();
    List<Path> lost = new ArrayList<>();
    for (PictureFile each : Manifest.files(file)) {
      if (each.part().equals(Optional.of(part))) {
        Integer place = places.get(absolute(each.path()));
        if (place != null && data.classes().get(pictures.label(place)).equals(each.label())) {
          found.add(place);
        } else {
          lost.add(each.path());
        }
      }
    }
    if (found.isEmpty()) {
      throw GraftException.of(
          "None of the %s %s pictures that %s names is there and readable; name others with"
              + " --data.",
          lost.size(), part.name().toLowerCase(Locale.ROOT), file);
    }
    return new Found(found.stream().mapToInt(Integer::intValue).sorted().toArray(), lost);
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }
}
