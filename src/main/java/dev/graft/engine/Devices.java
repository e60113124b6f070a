package dev.graft.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.graft.GraftException;
import dev.graft.recipe.Recipe;

/** DJL's engine, and the device that a recipe names. */
public final class Devices {
  /**
   * The system property that PyTorch's number of threads per operation is read from at its start.
   */
  public static final String THREADS = "ai.djl.pytorch.num_threads";

  private Devices() {}

  /**
   * Returns the device of a name.
   *
   * @param name {@code auto} (the first GPU that the engine has, else the CPU), {@code cpu}, or
   *     {@code gpu0}, {@code gpu1}, …
   * @throws GraftException for any other name, or a GPU that is missing
   */
  public static Device device(String name) {
    Recipe.checkDevice(name);
    int gpus = Engines.gpus();
    if (name.equals("cpu") || (name.equals("auto") && gpus == 0)) {
      return Device.cpu();
    }
    int wanted = name.equals("auto") ? 0 : Integer.parseInt(name.substring("gpu".length()));
    if (wanted >= gpus) {
      throw new GraftException(
          "device: "
              + Engines.engine().getEngineName()
              + " finds "
              + (gpus == 0 ? "no GPU" : gpus + " GPUs, gpu0 to gpu" + (gpus - 1))
              + " here, so there is no "
              + name
              + "; use auto or cpu (see: doctor).");
    }
    return Device.gpu(wanted);
  }

  /** Seeds the engine's random numbers; DJL takes 32 bits of a seed. */
  public static void seed(long seed) {
    boolean fits = (int) seed == seed;
    Engines.engine().setRandomSeed(fits ? (int) seed : Long.hashCode(seed));
  }

  /** The number of threads per operation, or {@code null} for the engine's default. */
  public static Integer threads() {
    return Integer.getInteger(THREADS);
  }

  /** Returns engine and version, such as {@code PyTorch 2.7.1}. */
  public static String engine() {
    Engine engine = Engines.engine();
    return engine.getEngineName() + " " + engine.getVersion();
  }
}
