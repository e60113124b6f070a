package dev.graft;

import java.util.regex.Pattern;

/** Turns messages of other libraries, and text from files, into parts of messages. */
public final class Reason {
  private static final int MAX_LENGTH = 300;
  private static final int MAX_LINE_LENGTH = 1_600;
  private static final int NON_JOINER = 0x200c;
  private static final int JOINER = 0x200d;

  /** Names of classes and methods, which only help programmers. */
  private static final Pattern CODE =
      Pattern.compile(
          "\\b[a-z]\\w*(\\.[a-z]\\w*)+\\.[A-Z]\\w*|\\b[A-Z]\\w*(Exception|Error)\\b|\\b\\w+\\(\\)|`");

  private Reason() {}

  /**
   * Returns the first line of a failure's message, without a period at its end.
   *
   * @param otherwise returned if the message is missing, or names classes or methods
   */
  public static String of(Throwable failure, String otherwise) {
    return of(failure.getMessage(), otherwise);
  }

  /**
   * Returns the first line of a message, without a period at its end.
   *
   * @param message may be {@code null}
   * @param otherwise returned if the message is blank, or if it names classes or methods
   */
  public static String of(String message, String otherwise) {
    String text = message == null ? "" : message;
    String line = text.lines().filter(each -> !each.isBlank()).findFirst().orElse("").strip();
    String reason = printable(line).replaceFirst("[.!:\\s]+$", "");
    if (reason.isEmpty() || CODE.matcher(reason).find()) {
      return otherwise;
    }
    return reason.length() <= MAX_LENGTH ? reason : reason.substring(0, MAX_LENGTH) + "…";
  }

  /** Returns a message as by {@link #line}, with a period at its end. */
  public static String sentence(String message) {
    String line = line(message);
    return line.matches(".*[.?!)]") ? line : line + ".";
  }

  /**
   * Returns a message as one printable line of at most about {@value #MAX_LINE_LENGTH} characters:
   * control characters are replaced, and the middle of a long message is left out.
   */
  public static String line(String message) {
    String line = printable(message).replace('\n', '?').replace('\t', ' ');
    if (line.length() > MAX_LINE_LENGTH) {
      int half = MAX_LINE_LENGTH / 2;
      line = line.substring(0, half) + " … " + line.substring(line.length() - half);
    }
    return line;
  }

  /**
   * Replaces every character that is not {@linkplain #isPrintable printable} by a question mark;
   * line breaks and tabs stay.
   */
  public static String printable(String text) {
    return text.codePoints()
        .map(c -> isPrintable(c) || c == '\n' || c == '\t' ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /**
   * Returns whether a character is safe to print. Control characters command a terminal; format
   * characters reorder or hide the text around them, except for the two joiners, which Persian and
   * emoji need.
   */
  public static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      case Character.FORMAT -> codePoint == NON_JOINER || codePoint == JOINER;
      default -> true;
    };
  }
}
