package dev.graft.command;

import ai.djl.Device;
import dev.graft.run.Computer;
import picocli.CommandLine.Option;

/** Where a saved model computes, the same for every command that takes one. */
final class DeviceOption {
  private static final String AUTO = "auto";

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = AUTO,
      description = "auto, cpu, gpu0, … (default: ${DEFAULT-VALUE}).")
  private String name;

  /** Whether one is insisted on. */
  boolean isNamed() {
    return !name.equals(AUTO);
  }

  /**
   * The device of that name.
   *
   * @throws dev.graft.GraftException if there is none here
   */
  Device device() {
    return Computer.device(name);
  }
}
