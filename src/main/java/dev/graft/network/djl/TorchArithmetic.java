package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.graft.engine.TorchFunction;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Operations of PyTorch that DJL does not have, as TorchScript functions; their sources are in the
 * resources.
 *
 * <ul>
 *   <li>{@code bfloat16.py}: products of float32 matrices that are rounded to bfloat16 and
 *       multiplied there. Gradients are rounded in the same way.
 *   <li>{@code relu.py} and {@code relu6.py}: overwrite their argument; the gradient is one pass
 *       over the memory, that of DJL's {@code clip} four.
 * </ul>
 */
final class TorchArithmetic implements Arithmetic {
  private final Device device;

  /** Empty for float32. */
  private final Optional<TorchFunction> bfloat16;

  /** Activations by name, opened at the first use; heads alone have none. */
  private final Map<String, TorchFunction> activations = new HashMap<>();

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
  public NDArray plus(NDArray x, NDArray shift) {
    return x.addi(shift);
  }

  @Override
  public NDArray relu(NDArray x) {
    return activated("relu.py", x);
  }

  @Override
  public NDArray relu6(NDArray x) {
    return activated("relu6.py", x);
  }

  private NDArray activated(String name, NDArray x) {
    TorchFunction function = activations.computeIfAbsent(name, source -> function(source, device));
    return function.of(new NDList(x), true).singletonOrThrow();
  }

  @Override
  public boolean isFloat32() {
    return bfloat16.isEmpty();
  }

  @Override
  public void close() {
    activations.values().forEach(TorchFunction::close);
    bfloat16.ifPresent(TorchFunction::close);
  }
}
