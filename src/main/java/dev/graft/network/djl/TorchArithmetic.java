package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.graft.engine.TorchFunction;
import java.util.Optional;

/**
 * Operations of PyTorch that DJL does not have, as TorchScript functions; their sources are in the
 * resources.
 *
 * <ul>
 *   <li>{@code bfloat16.py}: products of float32 matrices that are rounded to bfloat16 and
 *       multiplied there. Gradients are rounded in the same way.
 *   <li>{@code relu6.py}: its gradient is one pass over the memory, that of DJL's {@code clip}
 *       four.
 * </ul>
 */
final class TorchArithmetic implements Arithmetic {
  private final Device device;

  /** Empty for float32. */
  private final Optional<TorchFunction> bfloat16;

  /** Opened at the first use, since few networks have it, and heads alone never. */
  private Optional<TorchFunction> relu6 = Optional.empty();

  private TorchArithmetic(Device device, Optional<TorchFunction> bfloat16) {
    this.device = device;
    this.bfloat16 = bfloat16;
  }

  /**
   * Opens the functions in PyTorch.
   *
   * @param device that computes
   * @param isBfloat16 whether products are computed in bfloat16
   */
  static TorchArithmetic open(Device device, boolean isBfloat16) {
    return new TorchArithmetic(
        device, isBfloat16 ? Optional.of(function("bfloat16.py", device)) : Optional.empty());
  }

  private static TorchFunction function(String source, Device device) {
    return TorchFunction.open(TorchArithmetic.class, source, device);
  }

  @Override
  public NDArray product(NDArray a, NDArray b) {
    return bfloat16
        .map(function -> function.of(new NDList(a, b), true).singletonOrThrow())
        .orElseGet(() -> a.matMul(b));
  }

  @Override
  public NDArray relu6(NDArray x) {
    if (relu6.isEmpty()) {
      relu6 = Optional.of(function("relu6.py", device));
    }
    return relu6.get().of(new NDList(x), true).singletonOrThrow();
  }

  @Override
  public boolean isFloat32() {
    return bfloat16.isEmpty();
  }

  @Override
  public void close() {
    relu6.ifPresent(TorchFunction::close);
    bfloat16.ifPresent(TorchFunction::close);
  }
}
