package dev.graft.network.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.graft.engine.TorchFunction;
import java.util.HashMap;
import java.util.Map;

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
  private final boolean isBfloat16;

  /** By the name of their source; opened at the first use, because heads need few. */
  private final Map<String, TorchFunction> functions = new HashMap<>();

  /**
   * @param device that computes
   * @param isBfloat16 whether products are computed in bfloat16, else in float32
   */
  TorchArithmetic(Device device, boolean isBfloat16) {
    this.device = device;
    this.isBfloat16 = isBfloat16;
  }

  private NDArray call(String source, NDArray... arguments) {
    return functions
        .computeIfAbsent(source, name -> TorchFunction.open(TorchArithmetic.class, name, device))
        .of(new NDList(arguments), true)
        .singletonOrThrow();
  }

  @Override
  public NDArray product(NDArray a, NDArray b) {
    return isBfloat16 ? call("bfloat16.py", a, b) : a.matMul(b);
  }

  @Override
  public NDArray roundedProduct(NDArray a, NDArray b) {
    return isBfloat16 ? call("rounded.py", a, b) : a.matMul(b);
  }

  @Override
  public NDArray plus(NDArray x, NDArray shift) {
    return call("plus.py", x, shift);
  }

  @Override
  public NDArray relu(NDArray x) {
    return call("relu.py", x);
  }

  @Override
  public NDArray relu6(NDArray x) {
    return call("relu6.py", x);
  }

  @Override
  public boolean isFloat32() {
    return !isBfloat16;
  }

  @Override
  public void close() {
    functions.values().forEach(TorchFunction::close);
  }
}
