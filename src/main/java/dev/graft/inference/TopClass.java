package dev.graft.inference;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A class with its probability.
 *
 * @param index of the class, from 0
 * @param name of the class
 * @param probability from 0 to 1
 */
public record TopClass(int index, String name, float probability) {
  private static final Pattern WNID = Pattern.compile("n[0-9]{8} ");

  /**
   * Returns the WordNet ID that starts the name of an ImageNet class, such as n04285008, or the
   * name.
   */
  public String id() {
    return WNID.matcher(name).lookingAt() ? name.substring(0, 9) : name;
  }

  /** Returns the name without its WordNet ID. */
  public String label() {
    return WNID.matcher(name).lookingAt() ? name.substring(10) : name;
  }

  /**
   * Returns the {@code k} most probable classes, the most probable first; ties are ordered by
   * index.
   */
  static List<TopClass> of(float[] probabilities, List<String> classes, int k) {
    return IntStream.range(0, classes.size())
        .mapToObj(i -> new TopClass(i, classes.get(i), probabilities[i]))
        .sorted(Comparator.comparing(each -> -each.probability()))
        .limit(k)
        .toList();
  }
}
