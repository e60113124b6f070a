package dev.graft.command;

import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.List;

/** Counts failures, and stores the first reasons. */
final class Failures {
  private static final int MAX_REASONS = 5;

  private final List<String> first = new ArrayList<>();
  private int count;

  void add(String why) {
    count++;
    if (first.size() < MAX_REASONS) {
      first.add(why);
    }
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Returns lines for the console: only the reason for a single image, otherwise the number of
   * failures and the first reasons.
   *
   * @param images the number of all images
   */
  List<String> summary(int images) {
    if (isEmpty() || images == 1) {
      return first;
    }
    List<String> lines = new ArrayList<>();
    lines.add(Text.of("%,d of %s could not be read:", count, Names.count(images, "image")));
    first.forEach(why -> lines.add("  " + why));
    if (count > first.size()) {
      lines.add(Text.of("  and %,d more; --json and --csv list them all.", count - first.size()));
    }
    return lines;
  }
}
