package dev.graft.evaluation;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Means of the metrics over the classes. */
public record Averages(double precision, double recall, double f1) {
  /**
   * Returns the weighted means.
   *
   * @param weight of the class with an index; not all 0
   */
  static Averages of(List<ClassFigures> classes, IntToDoubleFunction weight) {
    return new Averages(
        mean(classes, ClassFigures::precision, weight),
        mean(classes, ClassFigures::recall, weight),
        mean(classes, ClassFigures::f1, weight));
  }

  private static double mean(
      List<ClassFigures> classes,
      ToDoubleFunction<ClassFigures> figure,
      IntToDoubleFunction weight) {
    double weighted =
        IntStream.range(0, classes.size())
            .mapToDouble(i -> weight.applyAsDouble(i) * figure.applyAsDouble(classes.get(i)))
            .sum();
    return weighted / IntStream.range(0, classes.size()).mapToDouble(weight).sum();
  }
}
