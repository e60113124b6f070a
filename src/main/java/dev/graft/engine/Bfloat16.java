package dev.graft.engine;

import ai.djl.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** Whether training with matrix products in bfloat16 is possible and fast. */
public final class Bfloat16 {
  /** Linux's names of the instructions, any of which makes bfloat16 faster than float32. */
  private static final Set<String> INSTRUCTIONS = Set.of("avx512_bf16", "amx_bf16");

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Bfloat16() {}

  /** Returns whether the engine can compute in bfloat16, fast or not. */
  public static boolean isPossible() {
    return TorchFunction.isPossible();
  }

  /**
   * Returns why float32 is the better choice for training; empty if bfloat16 is.
   *
   * @param device that trains
   */
  public static Optional<String> obstacle(Device device) {
    if (!isPossible()) {
      return Optional.of("bfloat16 needs DJL's PyTorch engine");
    }
    if (device.isGpu()) {
      return Optional.of("bfloat16 has been measured on CPUs only");
    }
    return hasInstructions(processors())
        ? Optional.empty()
        : Optional.of("this processor reports neither avx512_bf16 nor amx_bf16");
  }

  /**
   * Returns whether a processor has instructions for bfloat16.
   *
   * @param description the content of Linux's {@code /proc/cpuinfo}
   */
  static boolean hasInstructions(String description) {
    return description
        .lines()
        .filter(line -> line.startsWith("flags"))
        .limit(1)
        .flatMap(line -> Arrays.stream(line.split("\\s+")))
        .anyMatch(INSTRUCTIONS::contains);
  }

  private static String processors() {
    try {
      return Files.readString(PROCESSORS, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // not Linux
    }
  }
}
