package dev.graft.image;

import dev.graft.GraftException;

/** An image that cannot be read; the message begins with the file's name. */
public final class UnreadableImage extends GraftException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * @param reason the rest of a sentence that begins with the name
   */
  UnreadableImage(String name, String reason) {
    this(name, reason, null);
  }

  UnreadableImage(String name, String reason, Throwable cause) {
    super(name + " " + reason, cause);
    this.reason = reason;
  }

  /**
   * Creates an exception for a valid file of a kind that Graft does not read.
   *
   * @param kind a noun phrase, such as "a JPEG with 12 bits per sample"
   */
  static UnreadableImage unsupported(String name, String kind) {
    return new UnreadableImage(
        name, "is " + kind + ", which Graft does not read; convert it, for example to PNG.");
  }

  /** Returns whether it can't be read only because memory is short. */
  public boolean isForLackOfMemory() {
    return SharedHeap.isOutOfMemory(getCause());
  }

  /** Returns the message without the file's name. */
  public String reason() {
    return reason;
  }
}
