package dev.graft.training;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Coordinates of n images in the space that they span: the rows of the Cholesky factor of their
 * Gram matrix. With more than n features and a penalty that does not depend on the axes, a convex
 * problem has the same solution in these n coordinates.
 */
final class Cholesky {
  /** Added to the diagonal, relative to its mean, because centered rows are dependent. */
  private static final double JITTER = 1e-6;

  private final Matrix rows;
  private final double[][] factor;

  /** Factors the products of a matrix's rows. */
  Cholesky(Matrix rows) {
    this.rows = rows;
    Matrix products = rows.gram();
    int n = rows.rows();
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += products.values()[i * n + i];
    }
    double jitter = Math.max(JITTER * trace / n, Float.MIN_NORMAL);
    factor = new double[n][];
    for (int i = 0; i < n; i++) {
      factor[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        factor[i][j] = products.values()[i * n + j] + (i == j ? jitter : 0);
      }
    }
    for (int j = 0; j < n; j++) {
      int column = j;
      double[] pivotRow = factor[j];
      double rest = pivotRow[j] - dot(pivotRow, pivotRow, j);
      // For identical images, only rounding errors remain.
      double pivot = Math.sqrt(Math.max(rest, jitter / 2));
      pivotRow[j] = pivot;
      IntStream below = IntStream.range(j + 1, n);
      (n - j > 256 ? below.parallel() : below)
          .forEach(
              i ->
                  factor[i][column] =
                      (factor[i][column] - dot(factor[i], pivotRow, column)) / pivot);
    }
  }

  private static double dot(double[] a, double[] b, int length) {
    double one = 0;
    double two = 0;
    double three = 0;
    double four = 0;
    int k = 0;
    for (; k + 4 <= length; k += 4) {
      one += a[k] * b[k];
      two += a[k + 1] * b[k + 1];
      three += a[k + 2] * b[k + 2];
      four += a[k + 3] * b[k + 3];
    }
    for (; k < length; k++) {
      one += a[k] * b[k];
    }
    return one + two + three + four;
  }

  /** Returns the coordinates, {@code (n, n)}. */
  Matrix coordinates() {
    int n = factor.length;
    float[] values = new float[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        values[i * n + j] = (float) factor[i][j];
      }
    }
    return new Matrix(values, n, n);
  }

  /**
   * Returns a kernel in features, for one in coordinates.
   *
   * @param kernel {@code (classes, n)}
   * @return {@code (classes, width)}
   */
  double[] features(double[] kernel) {
    int n = factor.length;
    int classes = kernel.length / n;
    int width = rows.width();
    double[] result = new double[classes * width];
    for (int c = 0; c < classes; c++) {
      double[] dual = Arrays.copyOfRange(kernel, c * n, (c + 1) * n);
      for (int i = n - 1; i >= 0; i--) { // solves factor^T * dual = kernel
        dual[i] /= factor[i][i];
        for (int j = 0; j < i; j++) {
          dual[j] -= factor[i][j] * dual[i];
        }
      }
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < width; k++) {
          result[c * width + k] += dual[i] * rows.values()[i * width + k];
        }
      }
    }
    return result;
  }
}
