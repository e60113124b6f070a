package dev.graft.evaluation;

/**
 * The metrics of one class. A ratio 0/0 is 0, as with scikit-learn's {@code zero_division=0}.
 *
 * @param name of the class
 * @param precision the share of the images predicted as this class that belong to it
 * @param recall the share of the images of this class that were predicted as it
 * @param f1 the harmonic mean of precision and recall
 * @param support the number of images of this class
 */
public record ClassFigures(String name, double precision, double recall, double f1, int support) {
  static ClassFigures of(ConfusionMatrix matrix, int index) {
    int correct = matrix.count(index, index);
    int support = matrix.support(index);
    int predicted = matrix.predicted(index);
    return new ClassFigures(
        matrix.classNames().get(index),
        share(correct, predicted),
        share(correct, support),
        share(2 * correct, predicted + support),
        support);
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
