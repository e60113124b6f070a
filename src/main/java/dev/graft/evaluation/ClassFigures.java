package dev.graft.evaluation;

/**
 * How well a classifier knows one class. A share of nothing, 0/0, is 0, as with scikit-learn's
 * {@code zero_division=0}.
 *
 * @param name of the class
 * @param precision the share of the pictures taken for this class that are of it
 * @param recall the share of the pictures of this class that were taken for it
 * @param f1 the harmonic mean of precision and recall
 * @param support the number of pictures of this class
 */
public record ClassFigures(String name, double precision, double recall, double f1, int support) {
  static ClassFigures of(ConfusionMatrix matrix, int index) {
    int right = matrix.count(index, index);
    int support = matrix.support(index);
    int predicted = matrix.predicted(index);
    return new ClassFigures(
        matrix.classNames().get(index),
        share(right, predicted),
        share(right, support),
        share(2 * right, predicted + support),
        support);
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
