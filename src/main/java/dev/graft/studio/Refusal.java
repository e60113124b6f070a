package dev.graft.studio;

import io.javalin.http.HttpResponseException;
import java.util.Map;

/**
 * The answer to a request that the studio refuses. Besides the English sentence it has a reason, by
 * which the page finds the sentence in the user's language.
 */
final class Refusal extends HttpResponseException {
  private static final long serialVersionUID = 1L;

  /** Why a request of the page can be refused. */
  enum Reason {
    CLASS_EXISTS(409, "There is a class of this name already."),
    CLASS_MISSING(404, "No class has this name."),
    DISK_FULL(
        507,
        "This could not be stored: the disk is full or can't be written. Everything stored before"
            + " is safe."),
    FOLDER_CHANGED_GONE(409, "%s was moved or deleted by another program."),
    FOLDER_CHANGED_NOT_EMPTY(409, "%s is not empty: another program has changed the folder."),
    FOLDER_CHANGED_TAKEN(409, "%s is there already: another program has changed the folder."),
    FOLDER_UNREADABLE(503, "The folder can't be read; check that its disk is still there."),
    HEAT_MAPS_MISSING(404, "This engine only predicts, and has no heat maps."),
    IMAGE_MISSING(404, "This image does not exist anymore."),
    IMAGE_TOO_LARGE(413, "An image may have at most %s megapixels."),
    NAME_DEVICE(400, "This is the name of a device on Windows; choose another name."),
    NAME_EMPTY(400, "The class name is empty; choose another name."),
    NAME_FORBIDDEN(
        400, "The class name has one of the characters < > : \" / \\ | ? *; choose another name."),
    NAME_INVISIBLE(400, "The class name has a character that can't be seen; choose another name."),
    NAME_LOCALE(
        400,
        "The system's locale can't write this name; choose another one, or start the studio with"
            + " LC_ALL=C.UTF-8."),
    NAME_LONG(400, "The class name is longer than %s bytes; choose a shorter one."),
    NAME_PERIOD(400, "The class name starts or ends with a period; choose another name."),
    NAME_RESERVED(
        400,
        "Folders of this name belong to the operating system and are ignored; choose another name."),
    NOTHING_TO_UNDO(409, "There is nothing left to undo or redo."),
    TOKEN(403, "The token is not this studio's; load the page again."),
    TOO_FEW_IMAGES(
        422, "Training needs two classes or more, each with at least %s different images."),
    TOO_MANY_PAGES(429, "Too many pages are open; close one."),
    TRAINING_RUNS(409, "A training is running already."),
    UNTRAINED(409, "Nothing has been trained yet: train first.");

    private final int status;
    private final String sentence;

    Reason(int status, String sentence) {
      this.status = status;
      this.sentence = sentence;
    }

    /** Returns the sentence in English; {@code %s} stands for what is refused. */
    String sentence() {
      return sentence;
    }
  }

  private final Reason reason;

  Refusal(Reason reason) {
    super(reason.status, reason.sentence, Map.of("reason", reason.name()));
    this.reason = reason;
  }

  /**
   * Refuses something that the sentence names.
   *
   * @param what for example a file's name
   */
  Refusal(Reason reason, String what) {
    super(
        reason.status,
        reason.sentence.replace("%s", what),
        Map.of("reason", reason.name(), "what", what));
    this.reason = reason;
  }

  Reason reason() {
    return reason;
  }
}
