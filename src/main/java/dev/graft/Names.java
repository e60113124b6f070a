package dev.graft;

import java.util.Collection;
import java.util.stream.Collectors;

/** Lists of names in sentences, which stay short however many there are. */
public final class Names {
  /** So many tell what kind of thing it is. */
  public static final int FEW = 5;

  private Names() {}

  /** The first few, and how many there are beyond them: {@code a, b and 3 more}. */
  public static String few(Collection<String> names) {
    return first(FEW, names);
  }

  /** As above, with as many as are wanted. */
  public static String first(int most, Collection<String> names) {
    String shown = names.stream().limit(most).collect(Collectors.joining(", "));
    return names.size() <= most ? shown : Text.of("%s and %,d more", shown, names.size() - most);
  }

  /** The first few in quotes, for names that may hold blanks and commas. */
  public static String quoted(Collection<String> names) {
    return few(names.stream().map(name -> '"' + name + '"').toList());
  }

  /** {@code 1 picture}, {@code 2,000 pictures}. */
  public static String count(long number, String noun) {
    return Text.of("%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
