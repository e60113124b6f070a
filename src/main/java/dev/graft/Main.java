package dev.graft;

import dev.graft.command.GraftCommand;
import java.io.PrintStream;

/** The program. */
public final class Main {
  private Main() {}

  /** Ends the process, so that no thread of an engine's keeps it alive. */
  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  /**
   * Runs a command.
   *
   * @param out takes the answer
   * @param err takes everything else
   * @return 0 done, 1 failed, 2 wrong usage
   */
  static int run(String[] arguments, PrintStream out, PrintStream err) {
    return GraftCommand.run(arguments, out, err);
  }
}
