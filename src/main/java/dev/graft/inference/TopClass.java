package dev.graft.inference;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A class that a picture may be of.
 *
 * @param index among the classifier's classes, from 0
 */
public record TopClass(int index, String name, float probability) {
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
