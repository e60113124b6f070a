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
 *   <li>{@code bfloat16.py}: products of matrices that are rounded to bfloat16 and multiplied
 *       there. Gradients are rounded in the same way. {@code rounded.py}: the same, with a result
 *       in bfloat16.
 *   <li>{@code relu.py} and {@code relu6.py}: overwrite their argument; the gradient is one pass
 *       over the memory, that of DJL's {@code clip} four.
 *   <li>{@code plus.py}: overwrites its first argument, which may be in bfloat16, a type that DJL
 *       0.36 can't convert to (its native code ends the process).
 * </ul>
 */
final class TorchArithmetic implements Arithmetic {
  private final Device device;

  /** Products in bfloat16; empty for float32. */
  private final Optional<Products> bfloat16;

  /** Functions that overwrite an argument, by name, opened at the first use; heads need none. */
  private final Map<String, TorchFunction> inPlace = new HashMap<>();

  private record Products(TorchFunction widened, TorchFunction rounded) {
    static Products open(Device device) {
      return new Products(function("bfloat16.py", device), function("rounded.py", device));
    }
  }

  private TorchArithmetic(Device device, Optional<Products> bfloat16) {
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
        device, isBfloat16 ? Optional.of(Products.open(device)) : Optional.empty());
  }

  private static TorchFunction function(String source, Device device) {
    return TorchFunction.open(TorchArithmetic.class, source, device);
  }

  @Override
  public NDArray product(NDArray a, NDArray b) {
    return product(bfloat16.map(Products::widened), a, b);
  }

  @Override
  public NDArray roundedProduct(NDArray a, NDArray b) {
    return product(bfloat16.map(Products::rounded), a, b);
  }

  private static NDArray product(Optional<TorchFunction> function, NDArray a, NDArray b) {
    return function
        .map(each -> each.of(new NDList(a, b), true).singletonOrThrow())
        .orElseGet(() -> a.matMul(b));
  }

  @Override
  public NDArray plus(NDArray x, NDArray shift) {
    return inPlace("plus.py", new NDList(x, shift));
  }

  @Override
  public NDArray relu(NDArray x) {
    return inPlace("relu.py", new NDList(x));
  }

  @Override
  public NDArray relu6(NDArray x) {
    return inPlace("relu6.py", new NDList(x));
  }

  private NDArray inPlace(String name, NDList arguments) {
    TorchFunction function = inPlace.computeIfAbsent(name, source -> function(source, device));
    return function.of(arguments, true).singletonOrThrow();
  }

  @Override
  public boolean isFloat32() {
    return bfloat16.isEmpty();
  }

  @Override
  public void close() {
    inPlace.values().forEach(TorchFunction::close);
    bfloat16.ifPresent(
        products -> {
          products.widened().close();
          products.rounded().close();
        });
  }
}
