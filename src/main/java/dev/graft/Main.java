package dev.graft;

import dev.graft.command.GraftCommand;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The program. */
public final class Main {
  private Main() {}

  /** Ends the process, so that no thread of an engine's keeps it alive. */
  public static void main(String[] arguments) {
    // Answers are UTF-8 whatever the locale, so that programs know how to read them.
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(run(arguments, out, System.err));
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
