package dev.graft;

import dev.graft.command.GraftCommand;
import dev.graft.command.Signals;
import dev.graft.io.AtomicFiles;
import dev.graft.run.RunInterruption;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The entry point of the program. */
public final class Main {
  private Main() {}

  /** Runs a command and exits explicitly, because engine threads would keep the process alive. */
  public static void main(String[] arguments) {
    configureLibraries();
    RunInterruption interruption = new RunInterruption();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  interruption.exit();
                  AtomicFiles.deleteUnfinished();
                }));
    Signals signals = Signals.passTo(interruption, System::exit);
    // Not System.out, which hides failures to write.
    int code =
        GraftCommand.run(arguments, new FileOutputStream(FileDescriptor.out), err(), interruption);
    System.exit(signals.exitCode(code));
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
    // Spark's failures are thrown; where Spark logs by itself, its own files say how much.
    System.setProperty("org.slf4j.simpleLogger.log.org.apache.spark", "off");
    System.setProperty("org.slf4j.simpleLogger.log.org.apache.hadoop", "off");
  }
}
