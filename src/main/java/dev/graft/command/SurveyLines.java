package dev.graft.command;

import dev.graft.Names;
import dev.graft.Reason;
import dev.graft.Text;
import dev.graft.data.DataSet;
import dev.graft.data.Quarantine;
import dev.graft.data.Sides;
import dev.graft.data.duplicates.Survey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What people are told of what was found in data. */
final class SurveyLines {
  private static final int MOST_CLASSES = 20;

  private SurveyLines() {}

  /** What was noticed, and what is in the classes. */
  static List<String> classes(DataSet data) {
    List<String> lines = new ArrayList<>(data.notes().stream().map(NoteLines::of).toList());
    int[] support = data.support();
    lines.add(
        "Classes: "
            + Names.first(
                MOST_CLASSES,
                IntStream.range(0, support.length)
                    .mapToObj(c -> Text.of("%s %,d", data.classes().get(c), support[c]))
                    .toList()));
    Imbalance imbalance = Imbalance.of(Arrays.stream(support));
    if (imbalance.least() == 0) {
      List<String> without =
          IntStream.range(0, support.length)
              .filter(c -> support[c] == 0)
              .mapToObj(data.classes()::get)
              .toList();
      lines.add("Imbalanced: no picture can be read of " + Names.few(without) + ".");
    } else if (imbalance.isWorthTelling()) {
      lines.add(
          Text.of(
              "Imbalanced: the largest class has %.1f times the pictures of the smallest.",
              (double) imbalance.most() / imbalance.least()));
    }
    Sides sides = data.sides();
    if (!sides.isEmpty()) {
      lines.add(
          sides.shortest() == sides.longest()
              ? "Sizes: the shorter side is " + sides.shortest() + " pixels in all"
              : Text.of(
                  "Sizes: the shorter side is %,d to %,d pixels, %,d in the middle",
                  sides.shortest(), sides.longest(), sides.median()));
    }
    return lines;
  }

  /** How many can't be read, and the first of them with their reasons. */
  static List<String> quarantine(Quarantine quarantine) {
    List<Quarantine.Entry> entries = quarantine.entries();
    if (entries.isEmpty()) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        Text.of(
            "Quarantine: %,d of %,d pictures can't be read and are left out:",
            entries.size(), quarantine.pictures()));
    entries.stream()
        .limit(Names.FEW)
        .forEach(each -> lines.add("  " + Reason.line(each.sentence())));
    if (entries.size() > Names.FEW) {
      lines.add(Text.of("  … and %,d more", entries.size() - Names.FEW));
    }
    return lines;
  }

  /** Which files are there more than once. */
  static List<String> identical(Survey survey) {
    List<String> lines = new ArrayList<>();
    DataSet data = survey.data();
    add(lines, data, "identical pictures", survey.identical());
    add(lines, data, "CONFLICT, identical pictures with different labels", survey.conflicts());
    return lines.isEmpty() ? List.of("Duplicates: no identical pictures") : lines;
  }

  /** What looks the same, and what is on both sides of given parts. */
  static List<String> near(Survey survey) {
    List<String> lines = new ArrayList<>();
    add(lines, survey.data(), "near-duplicates", survey.near());
    String leak = "LEAK, the same or nearly the same pictures in different parts";
    add(lines, survey.data(), leak, survey.leaks());
    if (lines.isEmpty()) {
      return List.of("Duplicates: no near-duplicates");
    }
    int alike = survey.tooAlike().stream().mapToInt(List::size).sum();
    if (alike > 0) {
      lines.add(
          Text.of(
              "  %,d of the near-duplicates are a great part of their class, as a fixed camera"
                  + " makes them; where parts are drawn they are not kept together.",
              alike));
    }
    return lines;
  }

  private static void add(
      List<String> lines, DataSet data, String what, List<List<Integer>> groups) {
    if (groups.isEmpty()) {
      return;
    }
    int pictures = groups.stream().mapToInt(List::size).sum();
    lines.add(
        Text.of(
            "Duplicates, %s: %s, %,d pictures in all",
            what, Names.count(groups.size(), "group"), pictures));
    groups.stream().limit(Names.FEW).forEach(group -> lines.add("  " + describe(data, group)));
  }

  private static String describe(DataSet data, List<Integer> group) {
    String members =
        group.stream()
            .limit(Names.FEW)
            .map(
                i ->
                    Reason.line(data.pictures().place(i))
                        + " ("
                        + data.classes().get(data.pictures().label(i))
                        + data.parts()
                            .get(i)
                            .map(part -> ", " + part.name().toLowerCase(Locale.ROOT))
                            .orElse("")
                        + ")")
            .collect(Collectors.joining(", "));
    return group.size() > Names.FEW ? members + ", …" : members;
  }
}
