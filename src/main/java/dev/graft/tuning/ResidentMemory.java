package dev.graft.tuning;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Resident memory of this process in bytes, including the engine's. */
public final class ResidentMemory {
  /** Linux only. */
  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** Returns the peak so far, or {@code null} if the system does not report it. */
  public static Long peak() {
    return line("VmHWM:");
  }

  /** Returns the memory now, or {@code null} if the system does not report it. */
  public static Long now() {
    return line("VmRSS:");
  }

  private static Long line(String name) {
    if (!Files.isReadable(STATUS)) {
      return null;
    }
    try {
      List<String> lines = Files.readAllLines(STATUS);
      return lines.stream()
          .filter(line -> line.startsWith(name))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findAny()
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }
}
