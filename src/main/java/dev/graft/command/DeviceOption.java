package dev.graft.command;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.engine.Devices;
import dev.graft.inference.ModelRunner;
import dev.graft.recipe.Recipe;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The device of a saved model, for every command that takes one. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = Recipe.AUTO,
      description = "Device that computes: auto, cpu, gpu0, … (default: ${DEFAULT-VALUE}).")
  private String name;

  /** Returns whether the user chose a device. */
  boolean isNamed() {
    return !name.equals(Recipe.AUTO);
  }

  /**
   * Returns the device.
   *
   * @throws GraftException if it does not exist on this machine
   */
  Device device() {
    return Devices.device(name);
  }

  /**
   * Returns the device for a saved model.
   *
   * @throws GraftException if it does not exist on this machine, or is a GPU that the model cannot
   *     use
   */
  Device device(Path model) {
    if (isNamed() && ModelRunner.isAlwaysOnCpu(model)) {
      requireNoGpu();
    }
    return device();
  }

  /**
   * Requires that no GPU was chosen, for models that only ONNX Runtime computes.
   *
   * @throws GraftException if one was, or if no device has this name
   */
  void requireNoGpu() {
    Recipe.checkDevice(name);
    if (name.startsWith("gpu")) {
      throw new GraftException(
          "--device: "
              + name
              + " cannot compute this model, since models in int8 and files that export wrote are"
              + " computed on the CPU; leave it out.");
    }
  }
}
