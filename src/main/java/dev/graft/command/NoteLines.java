package dev.graft.command;

import dev.graft.data.Note;
import dev.graft.image.ImageFileReader;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.Text;

/** Formats the oddities of a data set as console lines. */
final class NoteLines {
  private NoteLines() {}

  static String of(Note note) {
    String names = Messages.line(Names.quoted(note.names()));
    boolean one = note.count() == 1;
    String files = Names.count(note.count(), "file");
    String images = Names.count(note.count(), "image");
    String links = Names.count(note.count(), "link");
    return switch (note.kind()) {
      case PARTS ->
          Text.of(
              "Parts of %s, by the names of its folders: %s.",
              note.where(), Messages.line(String.join(", ", note.names())));
      case EQUAL_FOLDERS ->
          Text.of(
              "WARNING: %s: the class folders (%s) all hold the same folders (%s) and no images"
                  + " of their own. If those are the classes, move them up or write a manifest.",
              note.where(),
              Messages.line(note.names().get(0)),
              Messages.line(note.names().get(note.names().size() - 1)));
      case BESIDE_PARTS ->
          Text.of(
              "Ignored in %s, since it has train, validation or test folders: %s.",
              note.where(), names);
      case UNLABELED_PARTS ->
          Text.of(
              "Ignored in %s, since images outside of class folders have no labels: %s.",
              note.where(), names);
      case PART_AS_CLASS ->
          note.where() + " is used as a class like the folders next to it, not as a part.";
      case EMPTY_CLASSES -> "Ignored class folders without images: " + names + ".";
      case HIDDEN_FOLDERS ->
          Text.of(
              "Ignored %s whose %s with a dot: %s.",
              Names.count(note.count(), "folder"), one ? "name begins" : "names begin", names);
      case OUTSIDE_CLASSES ->
          Text.of(
              "Ignored %s outside of class folders, of which %s.",
              files,
              note.of() <= 1
                  ? (note.of() == 0 ? "none" : "1") + " is an image"
                  : Text.of("%,d are images", note.of()));
      case NO_IMAGES ->
          Text.of(
              "Ignored %s that %s: %s.",
              files,
              one ? "is not an image" : "are not images",
              Messages.line(String.join(", ", note.names())));
      case HEIC -> ImageFileReader.ignoredHeic(note.count());
      case UNSUPPORTED ->
          "Ignored "
              + images
              + " in AVIF or a camera's raw format, which Graft cannot read: convert them to"
              + " JPEG.";
      case DUPLICATE_LINKS -> "Ignored " + links + " to images that are in the same class already.";
      case PARENT_LINKS -> "Ignored " + links + " to a parent folder.";
      case OWN_OUTPUT -> "Ignored Graft's own output in " + names + ".";
      case UNREADABLE_NAMES ->
          Text.of(
              "The %s of %s %s not in UTF-8: such bytes are written as \\xE9.",
              one ? "name" : "names", images, one ? "is" : "are");
      case VALIDATION_AS_TEST ->
          Text.of(
              "The %s of the validation part %s used for the test, because no test part is given;"
                  + " validation images are held out of the training images. To validate on them,"
                  + " and hold out test images instead: --set lone-validation=validation.",
              images, one ? "is" : "are");
      case NOT_IN_VALIDATION -> "No validation image of " + names + ".";
      case NOT_IN_TEST -> "No test image of " + names + ".";
      case CLASSES_DIFFER_IN_CASE ->
          "Classes " + names + " differ only in case; they stay separate classes.";
      case OTHER_COLUMNS ->
          "Ignored in " + note.where() + ": " + names + "; only path, label and split are used.";
      case REPEATED_ROWS ->
          Text.of(
              "Ignored %s of %s that %s an earlier one.",
              Names.count(note.count(), "row"), note.where(), one ? "repeats" : "repeat");
      case WITHOUT_SPLIT ->
          Text.of(
              "%s of %,d in %s %s no value for split.",
              images, note.of(), note.where(), one ? "has" : "have");
      case MOVED ->
          images
              + " moved to the validation or test part, which has identical images, so that no"
              + " image is both trained on and evaluated.";
    };
  }
}
