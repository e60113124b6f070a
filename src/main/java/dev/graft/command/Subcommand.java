package dev.graft.command;

import dev.graft.run.RunInterruption;
import java.util.concurrent.Callable;

/** A command of {@code graft}; its fields are set before it is called. */
abstract class Subcommand implements Callable<Integer> {
  Console console;

  /** Ends a training early. */
  RunInterruption interruption;
}
