package dev.graft;

import com.google.errorprone.annotations.FormatMethod;
import dev.graft.util.Messages;
import dev.graft.util.Text;

/**
 * A problem that the user can fix. The message is one sentence, or a few short ones, that say what
 * is wrong, where, and what to do. The command line prints it without a stack trace. Because it may
 * quote text from a file, it is {@linkplain Messages#line made safe to print}.
 */
public class GraftException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message may quote any text. */
  public GraftException(String message) {
    super(Messages.line(message));
  }

  /** Creates an exception whose message may quote any text, with a cause for {@code --debug}. */
  public GraftException(String message, Throwable cause) {
    super(Messages.line(message), cause);
  }

  /** Creates an exception whose message is formatted as by {@link Text#of}. */
  @FormatMethod
  public static GraftException of(String format, Object... values) {
    return new GraftException(Text.of(format, values));
  }
}
