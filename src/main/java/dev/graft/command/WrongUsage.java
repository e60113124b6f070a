package dev.graft.command;

/** Options or arguments that a command rejects after they were parsed; its exit code is 2. */
final class WrongUsage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WrongUsage(String message) {
    super(message);
  }
}
