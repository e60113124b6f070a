package dev.graft.inference;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A class that an image may be of.
 *
 * @param index among the classifier's classes, from 0
 */
public record TopClass(int index, String name, float probability) {
  private static final Pattern WNID = Pattern.compile("n[0-9]{8} ");

  /** The wnid that the names of ImageNet's classes begin with, such as n04285008; else the name. */
  public String id() {
    return WNID.matcher(name).lookingAt() ? name.substring(0, 9) : name;
  }

  /** The name without it. */
  public String label() {
    return WNID.matcher(name).lookingAt() ? name.substring(10) : name;
  }

  /**
   * The {@code k} likeliest classes, the likeliest first; of equals, the one with the lower index.
   */
  static List<TopClass> of(float[] probabilities, List<String> classes, int k) {
    return IntStream.range(0, classes.size())
        .mapToObj(i -> new TopClass(i, classes.get(i), probabilities[i]))
        .sorted(Comparator.comparing(each -> -each.probability()))
        .limit(k)
        .toList();
  }
}
