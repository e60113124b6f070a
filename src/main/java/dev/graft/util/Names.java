package dev.graft.util;

import java.util.Collection;
import java.util.stream.Collectors;

/** Formats lists of names, and counts, for messages. */
public final class Names {
  /** The number of names that {@link #few} shows. */
  public static final int FEW = 5;

  private Names() {}

  /**
   * Returns the first {@value #FEW} names and the number of the others: {@code a, b and 3 more}.
   */
  public static String few(Collection<String> names) {
    return first(FEW, names);
  }

  /** Returns the first {@code max} names and the number of the others: {@code a, b and 3 more}. */
  public static String first(int max, Collection<String> names) {
    String shown = names.stream().limit(max).collect(Collectors.joining(", "));
    return names.size() <= max ? shown : Text.of("%s and %,d more", shown, names.size() - max);
  }

  /** Returns the same as {@link #few}, each name in quotes: it may contain spaces and commas. */
  public static String quoted(Collection<String> names) {
    return few(names.stream().map(name -> '"' + name + '"').toList());
  }

  /** Returns a count with its noun: {@code 1 image}, {@code 2,000 images}. */
  public static String count(long number, String noun) {
    return Text.of("%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  /**
   * Returns a size: {@code 12 KB}, {@code 1.5 MB}, {@code 2,000 MB}. A KB has 1,000 bytes, an MB
   * 1,000,000.
   */
  public static String bytes(long bytes) {
    return bytes <= 999_000
        ? Text.of("%.0f KB", Math.ceil(bytes / 1e3))
        : Text.of(bytes < 9.95e6 ? "%.1f MB" : "%,.0f MB", bytes / 1e6);
  }
}
