package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import dev.graft.engine.TorchFunction;

/** The operations on which the speed of training depends, with their gradients. */
public interface Arithmetic extends AutoCloseable {
  /** The engine's own operations, in float32. */
  Arithmetic ENGINE = new Arithmetic() {};

  /**
   * Opens the fastest operations that the engine has.
   *
   * @param device that computes
   * @param isBfloat16 whether products are computed in bfloat16, which needs PyTorch
   */
  static Arithmetic open(Device device, boolean isBfloat16) {
    return TorchFunction.isPossible() ? new TorchArithmetic(device, isBfloat16) : ENGINE;
  }

  /**
   * Returns the product of two matrices, or of two batches of matrices, in float32.
   *
   * @param a {@code (…, m, k)}, float32 or what {@link #roundedProduct} returned
   * @param b {@code (…, k, n)}, float32
   * @return {@code (…, m, n)}
   */
  default NDArray product(NDArray a, NDArray b) {
    return a.matMul(b);
  }

  /**
   * Returns a product as {@link #product}, in the type that products round their arguments to.
   * Where only another product reads it, this saves two conversions and half of the memory traffic.
   */
  default NDArray roundedProduct(NDArray a, NDArray b) {
    return product(a, b);
  }

  /**
   * Returns a sum in the type of {@code x}; may overwrite {@code x}, which no other operation may
   * have read.
   */
  default NDArray plus(NDArray x, NDArray shift) {
    return x.add(shift);
  }

  /** Returns each value, but at least 0; may overwrite {@code x}, as {@link #plus}. */
  default NDArray relu(NDArray x) {
    return Activation.relu(x);
  }

  /**
   * Returns each value, but at least 0 and at most 6; may overwrite {@code x}, as {@link #plus}.
   */
  default NDArray relu6(NDArray x) {
    return x.clip(0, 6);
  }

  /** Returns whether products are in float32, so that the engine's own layers can be used. */
  default boolean isFloat32() {
    return true;
  }

  @Override
  default void close() {}
}
