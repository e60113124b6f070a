package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;

/** Multiplies matrices; a precision of the training. */
public interface MatrixProduct extends AutoCloseable {
  /** The engine's product in float32. */
  MatrixProduct FLOAT32 = NDArray::matMul;

  /**
   * Returns the product of two matrices, or of two batches of matrices, in float32.
   *
   * @param a {@code (…, m, k)}, float32
   * @param b {@code (…, k, n)}, float32
   * @return {@code (…, m, n)}
   */
  NDArray of(NDArray a, NDArray b);

  /** Returns whether products are in float32, so that the engine's own layers can be used. */
  default boolean isFloat32() {
    return this == FLOAT32;
  }

  @Override
  default void close() {}
}
