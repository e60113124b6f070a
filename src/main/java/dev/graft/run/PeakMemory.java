package dev.graft.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory of this process, the engine's included, in resident bytes. */
public final class PeakMemory {
  /** Where Linux says so; other systems have no such file. */
  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** The most that it has held so far, or {@code null} where the system doesn't say. */
  static Long bytes() {
    return line("VmHWM:");
  }

  /** What it holds now, or {@code null} where the system doesn't say. */
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
