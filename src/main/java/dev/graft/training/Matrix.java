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
  /** Numbers that fit in the second level of a processor's cache: 256 KB. */
  private static final int CACHED = 1 << 16;

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

  /** Returns the last columns. */
  public Matrix last(int columns) {
    float[] some = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(values, (i + 1) * width - columns, some, i * columns, columns);
    }
    return new Matrix(some, rows, columns);
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

  /** Returns the products of all pairs of rows, {@code (rows, rows)}, on all processors. */
  Matrix gram() {
    Matrix turned = transposed();
    float[] products = new float[rows * rows];
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            i -> {
              float[] row = new float[i + 1]; // the products are symmetric
              turned.addCombinations(new float[][] {row}, values, i * width);
              for (int j = 0; j <= i; j++) {
                products[i * rows + j] = row[j];
                products[j * rows + i] = row[j];
              }
            });
    return new Matrix(products, rows, rows);
  }

  /**
   * Returns the distance of each row to one of its nearest neighbors among some rows, itself
   * excepted: 1 minus the cosine of their angle, from 0 to 2.
   *
   * @param compared these rows, ascending
   * @param neighbor 1 for the nearest row; below the number of these rows
   */
  public double[] distances(int[] compared, int neighbor) {
    Matrix directions = directions();
    Matrix turned = directions.rows(compared).transposed();
    return IntStream.range(0, rows)
        .parallel()
        .mapToDouble(
            i -> {
              float[] cosines = new float[compared.length];
              turned.addCombinations(new float[][] {cosines}, directions.values, i * width);
              int self = Arrays.binarySearch(compared, i);
              if (self >= 0) {
                cosines[self] = Float.NEGATIVE_INFINITY;
              }
              Arrays.sort(cosines);
              return 1 - cosines[compared.length - neighbor];
            })
        .toArray();
  }

  /** Returns the rows, each divided by its norm. */
  private Matrix directions() {
    float[] scaled = values.clone();
    for (int i = 0; i < rows; i++) {
      double squares = Float.MIN_NORMAL;
      for (int k = i * width; k < (i + 1) * width; k++) {
        squares += (double) values[k] * values[k];
      }
      float norm = (float) Math.sqrt(squares);
      for (int k = i * width; k < (i + 1) * width; k++) {
        scaled[k] /= norm;
      }
    }
    return new Matrix(scaled, rows, width);
  }

  /**
   * Adds linear combinations of the rows to vectors, block by block, so that a block of rows stays
   * in the processor's cache for all combinations.
   *
   * @param sums one vector per combination; of a vector shorter than the rows, the first columns
   *     are added
   * @param factors of the first combination from an index, one per row; then of the next
   */
  void addCombinations(float[][] sums, float[] factors, int from) {
    int block = Math.max(4, CACHED / Math.max(1, width) / 4 * 4);
    for (int row = 0; row < rows; row += block) {
      int end = Math.min(rows, row + block);
      for (int i = 0; i < sums.length; i++) {
        addCombination(sums[i], factors, from + i * rows, row, end);
      }
    }
  }

  /**
   * Adds a combination of some rows. Four rows at once, because memory is slower than arithmetic;
   * written so that the JIT compiler vectorizes the inner loop.
   */
  private void addCombination(float[] sum, float[] factors, int from, int start, int end) {
    float[] x = values;
    int n = width;
    int length = sum.length;
    int row = start;
    for (; row + 4 <= end; row += 4) {
      float a = factors[from + row];
      float b = factors[from + row + 1];
      float c = factors[from + row + 2];
      float d = factors[from + row + 3];
      int ia = row * n;
      int ib = ia + n;
      int ic = ib + n;
      int id = ic + n;
      for (int k = 0; k < length; k++) {
        sum[k] += a * x[ia + k] + b * x[ib + k] + c * x[ic + k] + d * x[id + k];
      }
    }
    for (; row < end; row++) {
      float a = factors[from + row];
      int ia = row * n;
      for (int k = 0; k < length; k++) {
        sum[k] += a * x[ia + k];
      }
    }
  }
}
