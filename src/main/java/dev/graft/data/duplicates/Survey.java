package dev.graft.data.duplicates;

import dev.graft.Progress;
import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.data.Split;
import dev.graft.io.ReadAhead;
import dev.graft.picture.PictureReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** What is in a data set more than once, as groups of pictures, and what follows from that. */
public final class Survey {
  /** A group of more of a class's pictures is no accident. */
  private static final double MOST_OF_A_CLASS = 0.2;

  /** Smaller groups are, in whatever class. */
  private static final int FEW = 3;

  private static final int AHEAD = 64;

  private final DataSet data;
  private final Duplicates duplicates;

  private Survey(DataSet data, Duplicates duplicates) {
    this.data = data;
    this.duplicates = duplicates;
  }

  /** What can be said without reading pictures in full: identical ones are known by their bytes. */
  public static Survey quick(DataSet data) {
    return of(data, i -> null);
  }

  /**
   * All of it; reads the pictures that were never read before.
   *
   * @throws dev.graft.GraftException if more of them than may be are unreadable
   */
  public static Survey thorough(DataSet data, Fingerprints fingerprints, Progress.Display display) {
    ImageSet pictures = data.pictures();
    // Those of files are kept on disk, and asked for there.
    Fingerprint[] unkept = new Fingerprint[pictures.areFiles() ? 0 : pictures.size()];
    fingerprints.refresh();
    try (Progress progress = display.progress("reading pictures", "pictures", pictures.size());
        ReadAhead<Optional<Fingerprint>> ahead =
            ReadAhead.of(
                PictureReader.threads(),
                AHEAD,
                IntStream.range(0, pictures.size()).iterator(),
                index -> fingerprints.of(pictures, index))) {
      for (int i = 0; i < pictures.size(); i++) {
        Optional<Fingerprint> each = ahead.next();
        if (i < unkept.length) {
          unkept[i] = each.orElse(null);
        }
        progress.stepTo(i + 1);
        pictures.quarantine().check();
      }
    }
    fingerprints.refresh();
    return of(
        data,
        pictures.areFiles()
            ? i -> fingerprints.known(pictures.hash(i)).orElse(null)
            : i -> unkept[i]);
  }

  /**
   * As above.
   *
   * @param fingerprints of the pictures; null where unknown
   */
  static Survey of(DataSet data, IntFunction<Fingerprint> fingerprints) {
    ImageSet pictures = data.pictures();
    Quarantine bad = pictures.quarantine(); // what can't be read resembles nothing
    return new Survey(
        data,
        Duplicates.among(
            pictures.size(),
            i -> bad.contains(i) ? null : pictures.hash(i),
            i -> bad.contains(i) ? null : fingerprints.apply(i)));
  }

  public DataSet data() {
    return data;
  }

  /** Groups of identical pictures. */
  public List<List<Integer>> identical() {
    return duplicates.identical();
  }

  /** Groups of pictures that are not all identical, but nearly. */
  public List<List<Integer>> near() {
    return duplicates.near();
  }

  /** Groups of identical pictures with more than one label. */
  public List<List<Integer>> conflicts() {
    return differing(identical(), data.pictures()::label);
  }

  /** Groups of identical or nearly identical pictures in more than one given part. */
  public List<List<Integer>> leaks() {
    return differing(duplicates.alike(), i -> data.parts().get(i).orElse(null));
  }

  private static List<List<Integer>> differing(
      List<List<Integer>> groups, IntFunction<Object> value) {
    return groups.stream()
        .filter(
            group ->
                group.stream().map(value::apply).filter(Objects::nonNull).distinct().count() > 1)
        .toList();
  }

  /**
   * A number for each picture, the same for those that must stay on one side of a split: the
   * identical ones, and the nearly identical ones but for those that are {@link #tooAlike}.
   */
  public int[] groups() {
    int[] groups = duplicates.groups();
    int next = groups.length;
    for (List<Integer> group : tooAlike()) {
      Map<String, Integer> numbers = new HashMap<>();
      for (int i : group) {
        Integer number = numbers.putIfAbsent(data.pictures().hash(i), next);
        groups[i] = number == null ? next++ : number;
      }
    }
    return groups;
  }

  /**
   * Groups of nearly identical pictures that are a great part of a class, or of one that would have
   * too few to split otherwise: a camera that does not move makes pictures that differ in the one
   * thing that is to be learnt.
   */
  public List<List<Integer>> tooAlike() {
    int[] support = data.support();
    int[] different =
        Split.different(data, data.pictures().readable().toArray(), duplicates.groups());
    return near().stream()
        .filter(
            group -> {
              int[] count = new int[support.length];
              group.forEach(i -> count[data.pictures().label(i)]++);
              return IntStream.range(0, count.length)
                  .anyMatch(
                      c ->
                          count[c] > Math.max(FEW, MOST_OF_A_CLASS * support[c])
                              || (count[c] > 1 && different[c] < Split.LEAST));
            })
        .toList();
  }
}
