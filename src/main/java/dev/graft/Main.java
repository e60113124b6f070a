package dev.graft;

import dev.graft.command.GraftCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The entry point of the program. */
public final class Main {
  private Main() {}

  /** Runs a command and exits explicitly, because engine threads would keep the process alive. */
  public static void main(String[] arguments) {
    configureLibraries();
    // Not System.out, which hides failures to write.
    System.exit(run(arguments, new FileOutputStream(FileDescriptor.out), err()));
  }

  /** Under {@code LC_ALL=C} Java's default encoding is ASCII, which would lose file names. */
  private static PrintStream err() {
    return Charset.defaultCharset().equals(StandardCharsets.US_ASCII)
        ? new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)
        : System.err;
  }

  /** Makes AWT draw without a screen, and limits the logs of libraries to warnings. */
  private static void configureLibraries() {
    System.setProperty("java.awt.headless", "true");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
  }

  /**
   * Runs a command.
   *
   * @param out receives the answer, in UTF-8 in every locale, so that programs can read it
   * @param err receives everything else
   * @return 0 for success, 1 for failure, 2 for wrong usage
   */
  static int run(String[] arguments, OutputStream out, PrintStream err) {
    return GraftCommand.run(arguments, out, err);
  }
}
