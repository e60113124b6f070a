package dev.graft.picture;

import dev.graft.GraftException;

/** A picture that can't be read, named by its file. */
public final class Unreadable extends GraftException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * @param reason the rest of a sentence that begins with the name
   */
  Unreadable(String name, String reason) {
    this(name, reason, null);
  }

  Unreadable(String name, String reason, Throwable cause) {
    super(name + " " + reason, cause);
    this.reason = reason;
  }

  /**
   * Says that a file is sound, but of a kind that Graft does not read.
   *
   * @param kind a noun phrase, such as "a JPEG with 12 bits per sample"
   */
  static Unreadable unsupported(String name, String kind) {
    return new Unreadable(
        name, "is " + kind + ", which Graft does not read; convert it, for example to PNG.");
  }

  /** Why, in words that follow the name. */
  public String reason() {
    return reason;
  }
}
