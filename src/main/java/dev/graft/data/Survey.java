package dev.graft.data;

import dev.graft.Progress;
import dev.graft.Reason;
import dev.graft.io.ReadAhead;
import dev.graft.picture.PictureReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What was found in a data set: its classes, its pictures' sizes, what can't be read, and what is
 * there more than once.
 */
public final class Survey {
  /** Classes, and pairs of pictures, that are named to people. */
  private static final int NAMED = 5;

  private static final int MOST_CLASSES = 20;

  /** From here on a class is so much rarer than another that accuracy alone tells too little. */
  private static final double IMBALANCED = 1.5;

  /** A group of more of a class's pictures is no accident. */
  private static final double MOST_OF_A_CLASS = 0.2;

  /** Smaller groups are, in whatever class. */
  private static final int FEW = 3;

  private final DataSet data;
  private final Duplicates duplicates;

  private Survey(DataSet data, Duplicates duplicates) {
    this.data = data;
    this.duplicates = duplicates;
  }

  /** What can be said without reading pictures in full: identical ones are known by their bytes. */
  public static Survey quick(DataSet data) {
    List<Optional<Fingerprint>> unknown = new ArrayList<>();
    for (int i = 0; i < data.pictures().size(); i++) {
      unknown.add(Optional.empty());
    }
    return of(data, unknown);
  }

  /**
   * All of it; reads the pictures that were never read before.
   *
   * @throws dev.graft.GraftException if more of them than may be are unreadable
   */
  public static Survey thorough(DataSet data, Progress.Display display) {
    ImageSet pictures = data.pictures();
    List<Integer> all = IntStream.range(0, pictures.size()).boxed().toList();
    List<Optional<Fingerprint>> fingerprints = new ArrayList<>();
    try (Progress progress = display.progress("reading pictures", "pictures", pictures.size());
        ReadAhead<Optional<Fingerprint>> ahead =
            ReadAhead.of(PictureReader.threads(), AHEAD, all.iterator(), pictures::fingerprint)) {
      ahead.forEachRemaining(
          each -> {
            fingerprints.add(each);
            progress.stepTo(fingerprints.size());
            pictures.quarantine().check();
          });
    }
    return of(data, fingerprints);
  }

  private static final int AHEAD = 64;

  private static Survey of(DataSet data, List<Optional<Fingerprint>> fingerprints) {
    List<String> contents = new ArrayList<>();
    List<Fingerprint> known = new ArrayList<>();
    for (int i = 0; i < data.pictures().size(); i++) {
      // What can't be read resembles nothing.
      boolean bad = data.pictures().quarantine().contains(i);
      contents.add(bad ? null : data.pictures().hash(i));
      known.add(bad ? null : fingerprints.get(i).orElse(null));
    }
    return new Survey(data, Duplicates.among(contents, known));
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
    List<String> names = new ArrayList<>();
    for (int label : data.labels()) {
      names.add(data.classes().get(label));
    }
    return duplicates.conflicts(names);
  }

  /** Groups of identical or nearly identical pictures in more than one given part. */
  public List<List<Integer>> leaks() {
    return duplicates.leaks(data.parts().stream().map(part -> part.orElse(null)).toList());
  }

  /**
   * A number for each picture, the same for those that must stay on one side of a split: the
   * identical ones, and the nearly identical ones, unless these are a great part of a class, or one
   * that would have too few to split otherwise. (A camera that does not move makes pictures that
   * differ in the one thing that is to be learnt.)
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

  private List<List<Integer>> tooAlike() {
    int[] support = data.support();
    int[] different = Split.different(data, readable(), duplicates.groups());
    return duplicates.near().stream()
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

  private int[] readable() {
    ImageSet pictures = data.pictures();
    return IntStream.range(0, pictures.size())
        .filter(i -> !pictures.quarantine().contains(i))
        .toArray();
  }

  /** The greatest class's number of pictures over the smallest's; infinite if that has none. */
  public double imbalance() {
    int[] support = data.support();
    return (double) Arrays.stream(support).max().orElse(0) / Arrays.stream(support).min().orElse(0);
  }

  public boolean isImbalanced() {
    return imbalance() >= IMBALANCED;
  }

  /** The shorter side of the pictures in the middle, in pixels; 0 if no picture can be read. */
  public int medianSide() {
    int[] sides = sides();
    return sides.length == 0 ? 0 : sides[sides.length / 2];
  }

  /** Number of pictures with a side shorter than that, in pixels. */
  public int smallerThan(int side) {
    return (int) IntStream.of(sides()).filter(each -> each < side).count();
  }

  private int[] sides() {
    ImageSet pictures = data.pictures();
    return IntStream.range(0, pictures.size())
        .map(i -> Math.min(pictures.width(i), pictures.height(i)))
        .filter(side -> side > 0)
        .sorted()
        .toArray();
  }

  /** For people: what is in the classes. */
  public List<String> classLines() {
    List<String> lines = new ArrayList<>(data.notes());
    int[] support = data.support();
    List<String> classes = new ArrayList<>();
    for (int c = 0; c < Math.min(MOST_CLASSES, support.length); c++) {
      classes.add(String.format(Locale.ROOT, "%s %,d", data.classes().get(c), support[c]));
    }
    lines.add(
        "Classes: "
            + String.join(", ", classes)
            + (support.length > MOST_CLASSES
                ? String.format(Locale.ROOT, ", … and %,d more", support.length - MOST_CLASSES)
                : ""));
    if (isImbalanced()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Imbalanced: the largest class has %.1f times the pictures of the smallest.",
              imbalance()));
    }
    int[] sides = sides();
    if (sides.length > 0) {
      lines.add(
          sides[0] == sides[sides.length - 1]
              ? "Sizes: the shorter side is " + sides[0] + " pixels in all"
              : String.format(
                  Locale.ROOT,
                  "Sizes: the shorter side is %,d to %,d pixels, %,d in the middle",
                  sides[0],
                  sides[sides.length - 1],
                  medianSide()));
    }
    return lines;
  }

  /** For people: which files are there more than once. */
  public List<String> identicalLines() {
    List<String> lines = new ArrayList<>();
    add(lines, "identical pictures", identical());
    add(lines, "CONFLICT, identical pictures with different labels", conflicts());
    return lines.isEmpty() ? List.of("Duplicates: no identical pictures") : lines;
  }

  /** For people: what looks the same, and what is on both sides of given parts. */
  public List<String> nearLines() {
    List<String> lines = new ArrayList<>();
    add(lines, "near-duplicates", near());
    add(lines, "LEAK, the same or nearly the same pictures in different parts", leaks());
    if (lines.isEmpty()) {
      return List.of("Duplicates: no near-duplicates");
    }
    int alike = tooAlike().stream().mapToInt(List::size).sum();
    if (alike > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %,d of the near-duplicates are a great part of their class, as a fixed camera makes"
                  + " them; where parts are drawn they are not kept together.",
              alike));
    }
    return lines;
  }

  private void add(List<String> lines, String what, List<List<Integer>> groups) {
    if (groups.isEmpty()) {
      return;
    }
    int pictures = groups.stream().mapToInt(List::size).sum();
    lines.add(
        String.format(
            Locale.ROOT,
            "Duplicates, %s: %s, %,d pictures in all",
            what,
            Listing.count(groups.size(), "group"),
            pictures));
    groups.stream().limit(NAMED).forEach(group -> lines.add("  " + describe(group)));
  }

  private String describe(List<Integer> group) {
    String members =
        group.stream()
            .limit(NAMED)
            .map(
                i ->
                    Reason.line(data.pictures().place(i))
                        + " ("
                        + data.classes().get(data.pictures().label(i))
                        + data.parts().get(i).map(part -> ", " + name(part)).orElse("")
                        + ")")
            .collect(Collectors.joining(", "));
    return group.size() > NAMED ? members + ", …" : members;
  }

  private static String name(Part part) {
    return part.name().toLowerCase(Locale.ROOT);
  }
}
