package dev.graft.command;

import dev.graft.data.DataSet;
import dev.graft.data.ImageSizes;
import dev.graft.data.Part;
import dev.graft.data.Quarantine;
import dev.graft.data.duplicates.Survey;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Formats the survey of a data set as console lines. */
final class SurveyLines {
  private static final int MAX_CLASSES = 20;
  private static final String CONFLICT = "CONFLICT";
  private static final String LEAK = "LEAK";

  private SurveyLines() {}

  /** Returns the notes, the number of images per class, and the sizes of the images. */
  static List<String> classes(DataSet data) {
    List<String> lines = new ArrayList<>(data.notes().stream().map(NoteLines::of).toList());
    lines.add(counts(data));
    imbalance(data).ifPresent(lines::add);
    ImageSizes sizes = data.sizes();
    if (!sizes.isEmpty()) {
      lines.add(
          sizes.shortest() == sizes.longest()
              ? "Sizes: the shorter side is " + sizes.shortest() + " pixels in all images"
              : Text.of(
                  "Sizes: the shorter side is %,d to %,d pixels, median %,d",
                  sizes.shortest(), sizes.longest(), sizes.median()));
    }
    return lines;
  }

  /** Returns the line with the number of readable images per class, and of the others. */
  private static String counts(DataSet data) {
    int unreadable = data.images().quarantine().size();
    return "Classes: "
        + support(data)
        + (unreadable == 0
            ? ""
            : Text.of("; without %s", Names.count(unreadable, "unreadable image")));
  }

  /** Returns the number of readable images per class. */
  static String support(DataSet data) {
    int[] support = data.support();
    return Names.first(
        MAX_CLASSES,
        IntStream.range(0, support.length)
            .mapToObj(c -> Text.of("%s %,d", data.classes().get(c), support[c]))
            .toList());
  }

  /**
   * Returns a line if the numbers of images per class differ much; given validation and test images
   * do not count.
   */
  private static Optional<String> imbalance(DataSet data) {
    int[] support = new int[data.classes().size()];
    data.images()
        .readable()
        .filter(i -> data.parts().get(i).orElse(Part.TRAIN) == Part.TRAIN)
        .forEach(i -> support[data.images().label(i)]++);
    String images = data.has(Part.VALIDATION) || data.has(Part.TEST) ? "training images" : "images";
    Imbalance imbalance = Imbalance.of(IntStream.of(support));
    if (imbalance.smallest() == 0) {
      List<String> without =
          IntStream.range(0, support.length)
              .filter(c -> support[c] == 0)
              .mapToObj(data.classes()::get)
              .toList();
      return Optional.of(Text.of("Imbalanced: no readable %s of %s.", images, Names.few(without)));
    }
    return imbalance.isWorthReporting()
        ? Optional.of(
            Text.of(
                "Imbalanced: the largest class has %.1f times the %s of the smallest.",
                (double) imbalance.largest() / imbalance.smallest(), images))
        : Optional.empty();
  }

  /**
   * Returns lines with the number of unreadable images, and the first of them with their reasons.
   */
  static List<String> quarantine(Quarantine quarantine) {
    List<Quarantine.Entry> entries = quarantine.entries();
    if (entries.isEmpty()) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        Text.of(
            "Quarantine: %,d of %s can't be read and %s skipped:",
            entries.size(),
            Names.count(quarantine.images(), "image"),
            entries.size() == 1 ? "is" : "are"));
    entries.stream()
        .limit(Names.FEW)
        .forEach(each -> lines.add("  " + Messages.line(each.sentence())));
    if (entries.size() > Names.FEW) {
      lines.add(Text.of("  … and %,d more", entries.size() - Names.FEW));
    }
    return lines;
  }

  /**
   * Returns whether a line about duplicates is a warning: labels that contradict each other lower
   * the accuracy, and duplicates in different parts flatter it; other copies do neither.
   */
  static boolean isWarning(String line) {
    return line.startsWith("Duplicates, " + CONFLICT) || line.startsWith("Duplicates, " + LEAK);
  }

  /**
   * Returns lines about identical images.
   *
   * @param in the file that lists all groups, as {@code " in duplicates.csv"}; may be empty
   */
  static List<String> identical(Survey survey, String in) {
    Groups groups = new Groups(survey.data(), in);
    List<List<Integer>> conflicts = survey.conflicts(survey.identical());
    groups.add("identical images", without(survey.identical(), conflicts));
    groups.add(CONFLICT + ", identical images with different labels", conflicts);
    return groups.lines.isEmpty() ? List.of("Duplicates: no identical images") : groups.lines;
  }

  /**
   * Returns lines about nearly identical images, and those of them that are in different given
   * parts.
   *
   * @param in the file that lists all groups, as {@code " in duplicates.csv"}; may be empty
   */
  static List<String> near(Survey survey, String in) {
    Groups groups = new Groups(survey.data(), in);
    List<List<Integer>> conflicts = common(survey.near(), survey.conflicts());
    groups.add("near-duplicates", without(without(survey.near(), conflicts), survey.leaks()));
    groups.add(CONFLICT + ", nearly identical images with different labels", conflicts);
    groups.add(LEAK + ", identical or nearly identical images in different parts", survey.leaks());
    if (groups.lines.isEmpty()) {
      return List.of("Duplicates: no near-duplicates");
    }
    int alike = survey.tooAlike().stream().mapToInt(List::size).sum();
    if (alike > 0) {
      groups.lines.add(
          Text.of(
              "  %,d of the near-duplicates are a large share of their class, such as images of a"
                  + " fixed camera; a sampled split does not keep them in one part.",
              alike));
    }
    return groups.lines;
  }

  private static List<List<Integer>> common(
      List<List<Integer>> groups, List<List<Integer>> others) {
    Set<List<Integer>> known = new HashSet<>(others);
    return groups.stream().filter(known::contains).toList();
  }

  private static List<List<Integer>> without(
      List<List<Integer>> groups, List<List<Integer>> others) {
    Set<List<Integer>> known = new HashSet<>(others);
    return groups.stream().filter(group -> !known.contains(group)).toList();
  }

  /** Lines about groups of images, each of which is shown once. */
  private static final class Groups {
    private final DataSet data;
    private final String in;
    private final List<String> lines = new ArrayList<>();
    private final Set<List<Integer>> shown = new HashSet<>();

    Groups(DataSet data, String in) {
      this.data = data;
      this.in = in;
    }

    void add(String what, List<List<Integer>> groups) {
      if (groups.isEmpty()) {
        return;
      }
      int images = groups.stream().mapToInt(List::size).sum();
      lines.add(
          Text.of(
              "Duplicates, %s: %s, %s",
              what, Names.count(groups.size(), "group"), Names.count(images, "image")));
      List<List<Integer>> first =
          groups.stream().filter(group -> !shown.contains(group)).limit(Names.FEW).toList();
      first.forEach(group -> lines.add("  " + describe(group)));
      shown.addAll(first);
      long more = groups.stream().filter(group -> !shown.contains(group)).count();
      if (more > 0) {
        lines.add(Text.of("  %,d more%s", more, in));
      }
    }

    private String describe(List<Integer> group) {
      return Names.few(group.stream().map(this::describe).toList());
    }

    private String describe(int image) {
      return Text.of(
          "%s (%s%s)",
          Messages.line(data.images().place(image)),
          data.classes().get(data.images().label(image)),
          data.parts().get(image).map(part -> ", " + part.word()).orElse(""));
    }
  }
}
