package dev.graft.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a case ended in.
 *
 * @param violation what it should not have done; empty where all is well
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

  private static final int LONGEST_SENTENCE = 2_000;
  private static final Pattern STACK_TRACE = Pattern.compile("(?m)^\\s+at [\\w.$/]+\\(");
  private static final Pattern CLASS =
      Pattern.compile("\\b(java|javax|jdk|sun|ai|io|com|org|dev)(\\.[a-z0-9_]+)+\\.[A-Z]\\w*");
  private static final Pattern THROWABLE = Pattern.compile("\\b[A-Z]\\w*(Exception|Error)\\b");

  static Outcome violation(String what) {
    return new Outcome(End.VIOLATION, what);
  }

  /** Of what a reader was left with. */
  static Outcome ofRefusal(String message) {
    String fault = message == null ? "no message" : fault(message);
    return fault.isEmpty() ? SENTENCE : violation(fault + ": " + shortened(message));
  }

  /**
   * Of a command.
   *
   * @param code it ended with
   * @param out what it answered
   * @param err what it said
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
      return violation("exit code " + code + " and not a word");
    }
    String last = lines.get(lines.size() - 1);
    // Of wrong usage the last line says where help is, and the first what is wrong, without a stop.
    return ofRefusal(code == 2 ? lines.get(0) + "." : last);
  }

  /** Why a message is not a sentence for people; empty if it is one. */
  private static String fault(String message) {
    if (message.isBlank()) {
      return "an empty message";
    } else if (message.lines().count() > 1) {
      return "more than a line";
    } else if (message.length() > LONGEST_SENTENCE) {
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
    } else if (text.codePoints().anyMatch(Outcome::commandsTerminals)) {
      return "a control character";
    }
    return "";
  }

  private static boolean commandsTerminals(int c) {
    return Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t';
  }

  /** Of a throwable that should not have come out. */
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
