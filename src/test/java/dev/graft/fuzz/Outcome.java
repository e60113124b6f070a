package dev.graft.fuzz;

import dev.graft.CommandRun;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The outcome of a case.
 *
 * @param violation what the case must not do but did; empty if there is nothing
 */
record Outcome(End end, String violation) {
  enum End {
    SUCCESS,
    /** One sentence that says what is wrong, and exit code 1 or 2. */
    SENTENCE,
    VIOLATION
  }

  static final Outcome SUCCESS = new Outcome(End.SUCCESS, "");
  static final Outcome SENTENCE = new Outcome(End.SENTENCE, "");

  private static final int MAX_LENGTH = 2_000;
  private static final Pattern STACK_TRACE = Pattern.compile("(?m)^\\s+at [\\w.$/]+\\(");
  private static final Pattern CLASS =
      Pattern.compile("\\b(java|javax|jdk|sun|ai|io|com|org|dev)(\\.[a-z0-9_]+)+\\.[A-Z]\\w*");
  private static final Pattern THROWABLE = Pattern.compile("\\b[A-Z]\\w*(Exception|Error)\\b");

  static Outcome violation(String what) {
    return new Outcome(End.VIOLATION, what);
  }

  /** Returns the outcome of a reader that refused its file with a message. */
  static Outcome ofRefusal(String message) {
    String fault = message == null ? "no message" : fault(message);
    return fault.isEmpty() ? SENTENCE : violation(fault + ": " + shortened(message));
  }

  /** Runs a command line in this process, and returns its outcome. */
  static Outcome ofCommand(List<String> arguments) {
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    return ofCommand(run.code(), run.out(), run.err());
  }

  /**
   * Returns the outcome of a command.
   *
   * @param code exit code
   * @param out standard output
   * @param err standard error
   */
  static Outcome ofCommand(int code, String out, String err) {
    String said = shortened(err);
    if (code < 0 || code > 2) {
      return violation("exit code " + code + ": " + said);
    }
    String leak = leak(out + "\n" + err);
    if (!leak.isEmpty()) {
      return violation(leak + ": " + said);
    }
    if (code == 0) {
      return SUCCESS;
    }
    List<String> lines = err.lines().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      return violation("exit code " + code + " without a message");
    }
    String last = lines.get(lines.size() - 1);
    // After wrong usage, the first line says what is wrong, without a period; the last names help.
    return ofRefusal(code == 2 ? lines.get(0) + "." : last);
  }

  /** Returns why a message is not a sentence for people; empty if it is one. */
  private static String fault(String message) {
    if (message.isBlank()) {
      return "an empty message";
    } else if (message.lines().count() > 1) {
      return "more than a line";
    } else if (message.length() > MAX_LENGTH) {
      return "a message of " + message.length() + " characters";
    } else if (!message.matches("(?s).*[.?)…]\\s*")) {
      return "a message that does not end as a sentence";
    }
    return leak(message);
  }

  private static String leak(String text) {
    if (STACK_TRACE.matcher(text).find()) {
      return "a stack trace";
    } else if (CLASS.matcher(text).find() || THROWABLE.matcher(text).find()) {
      return "the name of a class";
    } else if (text.contains("Internal error")) {
      return "an unforeseen failure";
    } else if (text.codePoints().anyMatch(Outcome::isControlCharacter)) {
      return "a control character";
    }
    return "";
  }

  private static boolean isControlCharacter(int c) {
    return Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t';
  }

  /** Returns the outcome of a throwable that should have been caught. */
  static Outcome of(Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    return violation(
        shortened(thrown.toString())
            + " at "
            + Arrays.stream(trace).limit(6).map(String::valueOf).toList()
            + (thrown.getCause() == null ? "" : " because of " + of(thrown.getCause()).violation));
  }

  private static String shortened(String text) {
    String line = text.strip().replaceAll("\\p{Cntrl}+", " / ");
    int length = line.length();
    return length <= 600 ? line : line.substring(0, 100) + " … " + line.substring(length - 500);
  }
}
