package dev.graft.util;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that a misspelled one probably stands for. */
public final class Misspelling {
  /** A name is similar if at most one of this many characters differs. */
  private static final int CHARACTERS_PER_ERROR = 3;

  /** Number of characters from which the start or the end of a name stands for it. */
  private static final int MIN_PART = 3;

  private Misspelling() {}

  /**
   * Returns the most similar of the known names that are similar: at most a third of the characters
   * differ, or the given name is the start or the end of the known one. Upper case does not differ
   * from lower case, which all known names have. Names such as {@code head.hidden} are also similar
   * if their last parts are.
   */
  public static Optional<String> nearest(String given, Collection<String> known) {
    String lower = given.toLowerCase(Locale.ROOT);
    return known.stream()
        .filter(each -> isSimilar(each, lower) || isSimilar(last(each), last(lower)))
        .min(Comparator.comparingInt(each -> distanceOfPaths(each, lower)));
  }

  private static boolean isSimilar(String known, String given) {
    boolean isPart =
        given.length() >= MIN_PART && (known.startsWith(given) || known.endsWith(given));
    int longer = Math.max(known.length(), given.length());
    return isPart || CHARACTERS_PER_ERROR * distance(known, given) <= longer;
  }

  /** The right name after the wrong dot is closer than a name with an error. */
  private static int distanceOfPaths(String known, String given) {
    return Math.min(2 * distance(known, given), 1 + 2 * distance(last(known), last(given)));
  }

  private static String last(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** Returns the Levenshtein distance: the number of insertions, deletions and replacements. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
