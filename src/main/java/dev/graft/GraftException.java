package dev.graft;

import com.google.errorprone.annotations.FormatMethod;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.util.List;
import java.util.Optional;

/**
 * A problem that the user can fix. The message is one sentence, or a few short ones, that say what
 * is wrong, where, and what to do. Because it may quote text from a file, it is {@linkplain
 * Messages#line made safe to print}.
 *
 * <p>The message names recipe keys and settings, not options of the command line. Where an option
 * is the remedy, a {@link #code} identifies the problem, and the command line names the option.
 */
public class GraftException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Identifies a problem whose remedy depends on the program. */
  public enum Code {
    /** The feature cache must be on. */
    CACHE,
    /** Other images must be given. */
    DATA,
    /** A file must be given. */
    FILE,
    /** Java needs a larger heap. */
    HEAP,
    /** The bundled ImageNet model supports the operation. */
    IMAGENET,
    /** More images may be declared unreadable by the recipe key {@code max-bad}. */
    MAX_BAD,
    /**
     * The recipe keys {@code mean} and {@code deviation} are missing, or wrong; the arguments are
     * the right settings, if they are known.
     */
    NORMALIZATION,
    /** The operation works without the feature cache. */
    NO_CACHE,
    /** The operation works on this machine, without a cluster. */
    NO_CLUSTER,
    /** Another run must be given; the arguments end the message and say how. */
    RUN,
    /** A setting of the server has to change; its name is the argument. */
    SETTING
  }

  private Code code;
  private String[] arguments = {};

  /** Creates an exception whose message may quote any text. */
  public GraftException(String message) {
    super(Messages.line(message));
  }

  /** Creates an exception whose message may quote any text, with its cause. */
  public GraftException(String message, Throwable cause) {
    super(Messages.line(message), cause);
  }

  /** Creates an exception whose message is formatted as by {@link Text#of}. */
  @FormatMethod
  public static GraftException of(String format, Object... values) {
    return new GraftException(Text.of(format, values));
  }

  /** Sets the code and its arguments, and returns this exception. */
  public GraftException withCode(Code newCode, String... newArguments) {
    code = newCode;
    arguments = newArguments.clone();
    return this;
  }

  /** Returns the code, if the remedy depends on the program. */
  public Optional<Code> code() {
    return Optional.ofNullable(code);
  }

  /** Returns the arguments of the code. */
  public List<String> arguments() {
    return List.of(arguments);
  }
}
