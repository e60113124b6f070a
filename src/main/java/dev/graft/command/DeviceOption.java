package dev.graft.command;

import ai.djl.Device;
import dev.graft.engine.Devices;
import picocli.CommandLine.Option;

/** The device of a saved model, for every command that takes one. */
final class DeviceOption {
  private static final String AUTO = "auto";

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = AUTO,
      description = "Device that computes: auto, cpu, gpu0, … (default: ${DEFAULT-VALUE}).")
  private String name;

  /** Returns whether the user chose a device. */
  boolean isNamed() {
    return !name.equals(AUTO);
  }

  /**
   * Returns the device.
   *
   * @throws dev.graft.GraftException if it does not exist on this machine
   */
  Device device() {
    return Devices.device(name);
  }
}
