package dev.graft.training;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A matrix in float32, one row per image, in row-major order.
 *
 * @param values {@code rows * width} numbers
 */
@SuppressWarnings("ArrayRecordComponent") // large, and never compared
public record Matrix(float[] values, int rows, int width) {
  /** Checks the number of values. */
  public Matrix {
    if (values.length != Math.multiplyExact(rows, width)) {
      throw new IllegalArgumentException(values.length + " values, " + rows + " x " + width);
    }
  }

  /** Returns some of the rows, in the given order. */
  public Matrix rows(int[] chosen) {
    float[] some = new float[chosen.length * width];
    for (int i = 0; i < chosen.length; i++) {
      System.arraycopy(values, chosen[i] * width, some, i * width, width);
    }
    return new Matrix(some, chosen.length, width);
  }

  /** Returns consecutive columns. */
  public Matrix columns(int from, int to) {
    float[] some = new float[rows * (to - from)];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(values, i * width + from, some, i * (to - from), to - from);
    }
    return new Matrix(some, rows, to - from);
  }

  Matrix transposed() {
    float[] turned = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < width; j++) {
        turned[j * rows + i] = values[i * width + j];
      }
    }
    return new Matrix(turned, width, rows);
  }

  /** Returns the mean of each column. */
  double[] means() {
    double[] means = new double[width];
    for (int i = 0; i < values.length; i++) {
      means[i % width] += values[i];
    }
    return Arrays.stream(means).map(sum -> sum / rows).toArray();
  }

  /** Returns the products of all pairs of rows, {@code (rows, rows)}, on all processors. */
  Matrix gram() {
    Matrix turned = transposed();
    float[] products = new float[rows * rows];
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            i -> {
              float[] row = new float[rows];
              addCombination(row, 0, values, i * width, turned);
              System.arraycopy(row, 0, products, i * rows, rows);
            });
    return new Matrix(products, rows, rows);
  }

  /**
   * Adds a linear combination of a matrix's rows to a vector. Four rows at once, because memory is
   * slower than arithmetic; written so that the JIT compiler vectorizes the inner loop.
   *
   * @param sum the vector, in an array from an offset
   * @param factors one per row, in an array from an offset
   */
  static void addCombination(float[] sum, int at, float[] factors, int from, Matrix of) {
    float[] x = of.values;
    int n = of.width;
    int row = 0;
    for (; row + 4 <= of.rows; row += 4) {
      float a = factors[from + row];
      float b = factors[from + row + 1];
      float c = factors[from + row + 2];
      float d = factors[from + row + 3];
      int ia = row * n;
      int ib = ia + n;
      int ic = ib + n;
      int id = ic + n;
      for (int k = 0; k < n; k++) {
        sum[at + k] += a * x[ia + k] + b * x[ib + k] + c * x[ic + k] + d * x[id + k];
      }
    }
    for (; row < of.rows; row++) {
      float a = factors[from + row];
      int ia = row * n;
      for (int k = 0; k < n; k++) {
        sum[at + k] += a * x[ia + k];
      }
    }
  }
}
