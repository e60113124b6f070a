package dev.graft.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.graft.GraftException;
import dev.graft.recipe.Recipe;

/** Devices, threads and version of the DJL engine. */
public final class Devices {
  /** System property with PyTorch's number of threads per operation, read when PyTorch starts. */
  public static final String THREADS = "ai.djl.pytorch.num_threads";

  private Devices() {}

  /**
   * Returns the device of a name.
   *
   * @param name {@code auto} (the first GPU of the engine, else the CPU), {@code cpu}, or {@code
   *     gpu0}, {@code gpu1}, …
   * @throws GraftException for any other name, or a GPU that does not exist
   */
  public static Device device(String name) {
    Recipe.checkDevice(name);
    int gpus = Engines.gpus();
    if (name.equals("cpu") || (name.equals("auto") && gpus == 0)) {
      return Device.cpu();
    }
    int wanted = name.equals("auto") ? 0 : Integer.parseInt(name.substring("gpu".length()));
    if (wanted >= gpus) {
      throw GraftException.of(
          "device: %s is missing, because %s finds %s; use auto or cpu (see: doctor).",
          name,
          Engines.engine().getEngineName(),
          gpus == 0 ? "no GPU" : gpus + " GPUs, gpu0 to gpu" + (gpus - 1));
    }
    return Device.gpu(wanted);
  }

  /** Returns the number of threads per operation; {@code null} for the engine's default. */
  public static Integer threads() {
    return Integer.getInteger(THREADS);
  }

  /** Returns engine and version, such as {@code PyTorch 2.7.1}. */
  public static String engine() {
    Engine engine = Engines.engine();
    return engine.getEngineName() + " " + engine.getVersion();
  }
}
