package dev.graft.data.duplicates;

import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Quarantine;
import dev.graft.data.Split;
import dev.graft.image.ImageFileReader;
import dev.graft.io.Csv;
import dev.graft.io.ReadAhead;
import dev.graft.util.Progress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The duplicates in a data set, in groups, and the images that a split must keep together. */
public final class Survey {
  /** The name of the file that lists all groups, see {@link #toCsv}. */
  public static final String CSV = "duplicates.csv";

  /** Share of a class above which a group of near-duplicates is taken for deliberate. */
  private static final double MAX_OF_A_CLASS = 0.2;

  /** Maximum size of a group that is never taken for deliberate, however small its class. */
  private static final int FEW = 3;

  private static final int AHEAD = 64;

  private final DataSet data;
  private final Duplicates duplicates;

  private Survey(DataSet data, Duplicates duplicates) {
    this.data = data;
    this.duplicates = duplicates;
  }

  /** Finds identical images only, by their hashes, without decoding. */
  public static Survey quick(DataSet data) {
    return of(data, i -> null);
  }

  /**
   * Finds near-duplicates, too; decodes the images that were never decoded before.
   *
   * @throws dev.graft.GraftException if more images are unreadable than allowed
   */
  public static Survey thorough(DataSet data, Fingerprints fingerprints, Progress.Display display) {
    ImageSet images = data.images();
    fingerprints.refresh();
    try (Progress progress = display.progress("reading images", "images", images.size());
        ReadAhead<Integer, Optional<Fingerprint>> ahead =
            new ReadAhead<>(
                ImageFileReader.threads(),
                AHEAD,
                IntStream.range(0, images.size()).iterator(),
                index -> fingerprints.of(images, index))) {
      for (int i = 0; i < images.size(); i++) {
        ahead.next();
        progress.stepTo(i + 1);
        images.quarantine().check();
      }
    }
    fingerprints.refresh();
    return of(data, i -> fingerprints.known(images.hash(i)).orElse(null));
  }

  /**
   * @param fingerprints returns null where unknown
   */
  static Survey of(DataSet data, IntFunction<Fingerprint> fingerprints) {
    ImageSet images = data.images();
    Quarantine bad = images.quarantine(); // an unreadable image is like no other
    return new Survey(
        data,
        Duplicates.among(
            images.size(),
            i -> bad.contains(i) ? null : images.hash(i),
            i -> bad.contains(i) ? null : fingerprints.apply(i)));
  }

  public DataSet data() {
    return data;
  }

  /** Returns the groups of identical images. */
  public List<List<Integer>> identical() {
    return duplicates.identical();
  }

  /** Returns the groups of near-duplicates, which are not all identical. */
  public List<List<Integer>> near() {
    return duplicates.near();
  }

  /** Returns the groups of identical or nearly identical images. */
  public List<List<Integer>> alike() {
    return duplicates.alike();
  }

  /**
   * Returns the groups of identical or nearly identical images with more than one label. Where a
   * fixed camera makes images {@link #tooAlike}, only identical ones conflict.
   */
  public List<List<Integer>> conflicts() {
    Set<Integer> camera = tooAlike().stream().flatMap(List::stream).collect(Collectors.toSet());
    Stream<List<Integer>> alike = alike().stream().filter(group -> !camera.contains(group.get(0)));
    Stream<List<Integer>> identical =
        identical().stream().filter(group -> camera.contains(group.get(0)));
    return conflicts(
        Stream.concat(alike, identical)
            .sorted(Comparator.comparing(group -> group.get(0)))
            .toList());
  }

  /** Returns those of some groups that have more than one label. */
  public List<List<Integer>> conflicts(List<List<Integer>> groups) {
    return differing(groups, data.images()::label);
  }

  /**
   * Returns the groups of identical or nearly identical images in more than one given part. Beside
   * a given test, images without a part are trained on, unless they are sampled for validation.
   */
  public List<List<Integer>> leaks() {
    Part otherwise = data.has(Part.TEST) ? Part.TRAIN : null;
    return differing(alike(), i -> data.parts().get(i).orElse(otherwise));
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
   * Returns all groups as a table, one row per image. A group is identical if all of its images
   * are, else near.
   *
   * @param parts of each image
   */
  public String toCsv(IntFunction<Optional<Part>> parts) {
    StringBuilder csv =
        new StringBuilder(Csv.row(List.of("group", "kind", "path", "label", "part")));
    Set<Integer> near = near().stream().map(group -> group.get(0)).collect(Collectors.toSet());
    int number = 0;
    for (List<Integer> group : alike()) {
      number++;
      for (int i : group) {
        csv.append(
            Csv.row(
                List.of(
                    Integer.toString(number),
                    near.contains(group.get(0)) ? "near" : "identical",
                    data.images().path(i),
                    data.classes().get(data.images().label(i)),
                    parts.apply(i).map(Part::word).orElse(""))));
      }
    }
    return csv.toString();
  }

  /**
   * Returns a number for each image, the same for those that must stay on one side of a split:
   * identical images, and near-duplicates unless they are {@link #tooAlike}.
   */
  public int[] groups() {
    int[] groups = duplicates.groups();
    int next = groups.length;
    for (List<Integer> group : tooAlike()) {
      Map<String, Integer> numbers = new HashMap<>();
      for (int i : group) {
        Integer number = numbers.putIfAbsent(data.images().hash(i), next);
        groups[i] = number == null ? next++ : number;
      }
    }
    return groups;
  }

  /**
   * Returns the groups of near-duplicates that are a large share of a class, or without which a
   * class would have too few images to split: a fixed camera makes images that differ only in what
   * is to be learned.
   */
  public List<List<Integer>> tooAlike() {
    int[] support = data.support();
    int[] trained =
        data.images()
            .readable()
            .filter(i -> data.parts().get(i).orElse(Part.TRAIN) == Part.TRAIN)
            .toArray();
    int[] different = Split.different(data, trained, duplicates.groups());
    return near().stream()
        .filter(
            group -> {
              Map<Integer, Integer> count = new HashMap<>();
              group.forEach(i -> count.merge(data.images().label(i), 1, Integer::sum));
              return count.entrySet().stream()
                  .anyMatch(
                      each -> {
                        int c = each.getKey();
                        return each.getValue() > Math.max(FEW, MAX_OF_A_CLASS * support[c])
                            || (each.getValue() > 1 && different[c] < Split.MIN_PER_CLASS);
                      });
            })
        .toList();
  }
}
