package dev.graft.command;

import dev.graft.Text;
import java.util.ArrayList;
import java.util.List;

/** What could not be answered: all are counted, the first are remembered. */
final class Failures {
  private static final int REMEMBERED = 5;

  private final List<String> first = new ArrayList<>();
  private int count;

  void add(String why) {
    count++;
    if (first.size() < REMEMBERED) {
      first.add(why);
    }
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** The one sentence where one picture was asked for, else how many failed, and some reasons. */
  List<String> summary(int pictures) {
    if (isEmpty() || pictures == 1) {
      return first;
    }
    List<String> lines = new ArrayList<>();
    lines.add(Text.of("%,d of %,d pictures could not be read:", count, pictures));
    first.forEach(why -> lines.add("  " + why));
    if (count > first.size()) {
      lines.add(Text.of("  and %,d more; --json and --csv name each.", count - first.size()));
    }
    return lines;
  }
}
