package dev.graft;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM in a process of its own. */
public final class JavaProcess {
  /** Most of the time of a short process is compilation by the JVM; these options halve it. */
  public static final List<String> OPTIONS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private JavaProcess() {}

  /** Returns a command that starts the JVM of this process with these arguments. */
  public static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.addAll(List.of(arguments));
    return command;
  }
}
