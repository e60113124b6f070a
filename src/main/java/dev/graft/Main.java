package dev.graft;

import dev.graft.command.GraftCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/** The program. */
public final class Main {
  private Main() {}

  /** Ends the process, so that no thread of an engine's keeps it alive. */
  public static void main(String[] arguments) {
    // System.out would keep to itself that an answer could not be written.
    System.exit(run(arguments, new FileOutputStream(FileDescriptor.out), System.err));
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
