package dev.graft;

import java.util.regex.Pattern;

/** What other people's code says of a failure, made fit for the middle of a sentence of ours. */
public final class Reason {
  private static final int LONGEST = 300;
  private static final int LONGEST_LINE = 1_600;
  private static final int NON_JOINER = 0x200c;
  private static final int JOINER = 0x200d;

  /** Names of classes and methods, which help programmers only. */
  private static final Pattern CODE =
      Pattern.compile(
          "\\b[a-z]\\w*(\\.[a-z]\\w*)+\\.[A-Z]\\w*|\\b[A-Z]\\w*(Exception|Error)\\b|\\b\\w+\\(\\)|`");

  private Reason() {}

  /**
   * The first line of a failure's message, without a stop at its end.
   *
   * @param otherwise where it says nothing, or something for programmers
   */
  public static String of(Throwable failure, String otherwise) {
    return of(failure.getMessage(), otherwise);
  }

  /** As above, of the message. */
  public static String of(String message, String otherwise) {
    String text = message == null ? "" : message;
    String line = text.lines().filter(each -> !each.isBlank()).findFirst().orElse("").strip();
    String reason = printable(line).replaceFirst("[.!:\\s]+$", "");
    if (reason.isEmpty() || CODE.matcher(reason).find()) {
      return otherwise;
    }
    return reason.length() <= LONGEST ? reason : reason.substring(0, LONGEST) + "…";
  }

  /** A message as {@link #line}, with a stop at its end. */
  public static String sentence(String message) {
    String line = line(message);
    return line.matches(".*[.?!)]") ? line : line + ".";
  }

  /**
   * A message as a line of sensible length, whatever name or value it quotes: with the characters
   * replaced that a terminal obeys, and its middle left out if it is long.
   */
  public static String line(String message) {
    String line = printable(message).replace('\n', '?').replace('\t', ' ');
    if (line.length() > LONGEST_LINE) {
      int half = LONGEST_LINE / 2;
      line = line.substring(0, half) + " … " + line.substring(line.length() - half);
    }
    return line;
  }

  /**
   * A text with all characters replaced that are not {@linkplain #isPrintable fit to print}, but
   * for line breaks and tabs.
   */
  public static String printable(String text) {
    return text.codePoints()
        .map(c -> isPrintable(c) || c == '\n' || c == '\t' ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /**
   * Whether a character only shows itself. A terminal obeys control characters; format characters
   * reorder or hide what is around them, but for the two joiners, which Persian and emoji need.
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
