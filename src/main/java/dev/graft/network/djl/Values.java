package dev.graft.network.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;

/**
 * What parameters hold. (It is written by an index, since PyTorch prints a warning of how DJL's
 * {@code copyTo} and {@code set(Buffer)} do it.)
 */
public final class Values {
  private static final NDIndex ALL = new NDIndex("...");

  private Values() {}

  /** Writes over a parameter's values those of an array of its shape. */
  public static void set(Parameter parameter, NDArray values) {
    boolean trained = parameter.requiresGradient();
    parameter.freeze(true); // what records gradients can't be written to
    parameter.getArray().set(ALL, values);
    parameter.freeze(!trained);
  }

  /** Likewise, from values one after the other. */
  public static void set(Parameter parameter, float[] values) {
    NDArray array = parameter.getArray();
    try (NDManager manager = array.getManager().newSubManager(array.getDevice())) {
      set(parameter, manager.create(values, array.getShape()));
    }
  }
}
