package dev.graft.fuzz;

import dev.graft.command.GraftCommand;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A command line, run in this process. */
final class Command {
  /** The result of a command line. */
  record Result(int code, String out, String err) {
    Outcome outcome() {
      return Outcome.ofCommand(code, out, err);
    }
  }

  private Command() {}

  static Result run(List<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        GraftCommand.run(
            arguments.toArray(String[]::new),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
