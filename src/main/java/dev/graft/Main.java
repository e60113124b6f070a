package dev.graft;

import dev.graft.command.GraftCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The program. */
public final class Main {
  private Main() {}

  /** Ends the process, so that no thread of an engine's keeps it alive. */
  public static void main(String[] arguments) {
    settle();
    // System.out would keep to itself that an answer could not be written.
    System.exit(run(arguments, new FileOutputStream(FileDescriptor.out), err()));
  }

  /** ASCII is what Java takes for the encoding under {@code LC_ALL=C}; names would be lost. */
  private static PrintStream err() {
    return Charset.defaultCharset().equals(StandardCharsets.US_ASCII)
        ? new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)
        : System.err;
  }

  /**
   * Graft speaks for itself, and draws without a screen; of the libraries only warnings are wanted.
   */
  private static void settle() {
    System.setProperty("java.awt.headless", "true");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
  }

  /**
   * Runs a command.
   *
   * @param out takes the answer, in UTF-8 whatever the locale, so that programs can read it
   * @param err takes everything else
   * @return 0 done, 1 failed, 2 wrong usage
   */
  static int run(String[] arguments, OutputStream out, PrintStream err) {
    return GraftCommand.run(arguments, out, err);
  }
}
