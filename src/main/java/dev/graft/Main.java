package dev.graft;

import dev.graft.command.GraftCommand;
import dev.graft.io.WholeFile;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/** The program. */
public final class Main {
  private Main() {}

  /** Ends the process, so that no thread of an engine's keeps it alive. */
  public static void main(String[] arguments) {
    settle();
    Interruption interruption = new Interruption();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  interruption.exit();
                  WholeFile.deleteUnfinished();
                }));
    Signals signals = Signals.passTo(interruption, System::exit);
    // System.out would not report that an answer could not be written.
    int code =
        GraftCommand.run(
            arguments, new FileOutputStream(FileDescriptor.out), System.err, interruption);
    System.exit(signals.exitCode().orElse(code));
  }

  /** Sets what must be set before libraries start: no screen, and only warnings in their logs. */
  private static void settle() {
    System.setProperty("java.awt.headless", "true");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
    // Spark's failures are thrown; where Spark logs by itself, its own files say how much.
    System.setProperty("org.slf4j.simpleLogger.log.org.apache.spark", "off");
    System.setProperty("org.slf4j.simpleLogger.log.org.apache.hadoop", "off");
  }

  /**
   * Runs a command.
   *
   * @param out receives the answer, in UTF-8 in every locale, so that programs can read it
   * @param err receives everything else
   * @return 0 done, 1 failed, 2 wrong usage
   */
  static int run(String[] arguments, OutputStream out, PrintStream err) {
    return GraftCommand.run(arguments, out, err);
  }
}
