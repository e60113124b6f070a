package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.graft.network.Weight;
import dev.graft.network.Weights;

/**
 * Writes the values of parameters. Assigns through an index, because DJL's {@code copyTo} and
 * {@code set(Buffer)} make PyTorch print a warning.
 */
public final class ParameterWriter {
  private static final NDIndex ALL = new NDIndex("...");

  /** Number of values (64 MB) above which a kernel is written in parts, to save heap. */
  private static final long LARGE = 1 << 24;

  private ParameterWriter() {}

  /** Sets the values of a parameter to those of an array of the same shape. */
  public static void set(Parameter parameter, NDArray values) {
    set(parameter, ALL, values);
  }

  private static void set(Parameter parameter, NDIndex where, NDArray values) {
    boolean trained = parameter.requiresGradient();
    parameter.freeze(true); // an array that records gradients can't be written to
    parameter.getArray().set(where, values);
    parameter.freeze(!trained);
  }

  /** Sets the values of a parameter, given in row-major order. */
  public static void set(Parameter parameter, float[] values) {
    NDArray array = parameter.getArray();
    try (NDManager manager = array.getManager().newSubManager(array.getDevice())) {
      set(parameter, manager.create(values, array.getShape()));
    }
  }

  /** Sets the values of a parameter to those of a weight; a large kernel is written in parts. */
  static void set(Parameter parameter, Weight weight, Weights weights) {
    if (weight.role() != Weight.Role.KERNEL || weight.size() <= LARGE) {
      set(parameter, weights.of(weight));
      return;
    }
    NDArray array = parameter.getArray();
    for (int row = 0; row < weight.shape().get(2); row++) {
      for (int column = 0; column < weight.shape().get(3); column++) {
        try (NDManager manager = array.getManager().newSubManager(array.getDevice())) {
          NDArray part =
              manager.create(
                  weights.at(weight, row, column),
                  new Shape(weight.shape().get(0), weight.shape().get(1)));
          set(parameter, new NDIndex(":, :, {}, {}", row, column), part);
        }
      }
    }
  }
}
