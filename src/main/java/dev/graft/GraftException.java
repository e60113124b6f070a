package dev.graft;

import com.google.errorprone.annotations.FormatMethod;

/**
 * Something that the user can put right. The message is one sentence, or a few short ones, that say
 * what is wrong, where, and what to do; the command line prints it as it is, without a stack trace.
 * Since it may quote what a file says, it is made {@linkplain Reason#line fit to print}.
 */
public class GraftException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GraftException(String message) {
    super(Reason.line(message));
  }

  public GraftException(String message, Throwable cause) {
    super(Reason.line(message), cause);
  }

  /** With values in its message, see {@link Text#of}. */
  @FormatMethod
  public static GraftException of(String format, Object... values) {
    return new GraftException(Text.of(format, values));
  }
}
