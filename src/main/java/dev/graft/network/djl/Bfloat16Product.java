package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.graft.engine.TorchFunction;

/**
 * Products of float32 matrices that are rounded to bfloat16 and multiplied there. DJL has no cast
 * to bfloat16, so a TorchScript function casts; its source is {@code bfloat16.py} in the resources.
 * Gradients pass through it, rounded in the same way.
 */
public final class Bfloat16Product implements MatrixProduct {
  private final TorchFunction product;

  private Bfloat16Product(TorchFunction product) {
    this.product = product;
  }

  /**
   * Opens the function in PyTorch.
   *
   * @param device that computes
   */
  public static Bfloat16Product open(Device device) {
    return new Bfloat16Product(TorchFunction.open(Bfloat16Product.class, "bfloat16.py", device));
  }

  @Override
  public NDArray of(NDArray a, NDArray b) {
    return product.of(new NDList(a, b), true).singletonOrThrow();
  }

  @Override
  public void close() {
    product.close();
  }
}
