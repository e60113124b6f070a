package dev.graft.command;

import dev.graft.Names;
import dev.graft.Reason;
import dev.graft.data.Listing;
import dev.graft.data.Note;
import java.util.Locale;

/** What people are told of what is odd about data. */
final class NoteLines {
  private NoteLines() {}

  static String of(Note note) {
    String names = Reason.line(Names.quoted(note.names()));
    return switch (note.kind()) {
      case BESIDE_PARTS ->
          "Ignored in "
              + note.where()
              + ", since it has train, validation or test folders: "
              + names
              + ".";
      case PART_AS_CLASS ->
          note.where() + " is taken for a class, since there are no folders in it.";
      case EMPTY_CLASSES -> "Ignored class folders without pictures: " + names + ".";
      case OUTSIDE_CLASSES ->
          "Ignored "
              + Names.count(note.count(), "file")
              + " outside of class folders, "
              + Names.count(note.of(), "picture")
              + " among them.";
      case NO_PICTURES ->
          "Ignored "
              + Names.count(note.count(), "file")
              + (note.count() == 1 ? " that is no picture: " : " that are no pictures: ")
              + Reason.line(String.join(", ", note.names()))
              + ".";
      case UNSUPPORTED ->
          "Ignored "
              + Names.count(note.count(), "picture")
              + " in HEIC, AVIF or a camera's raw format, which Graft cannot read: convert them to"
              + " JPEG.";
      case TWINS ->
          "Ignored "
              + Names.count(note.count(), "link")
              + " to pictures that their class has already.";
      case LEADS_UP -> "Ignored " + Names.count(note.count(), "link") + " to a folder further up.";
      case OWN_OUTPUT -> "Passed over what Graft wrote itself, in " + names + ".";
      case UNREADABLE_NAMES ->
          "The names of "
              + Names.count(note.count(), "picture")
              + " cannot be shown in full. "
              + Listing.localeAdvice();
      case NOT_IN_VALIDATION -> "No picture for validation shows " + names + ".";
      case NOT_IN_TEST -> "No picture for test shows " + names + ".";
      case ALIKE_CLASSES ->
          "Classes " + names + " differ in upper and lower case only; they are kept apart.";
      case OTHER_COLUMNS ->
          "Ignored in " + note.where() + ": " + names + "; only path, label and split count.";
      case REPEATED_ROWS ->
          "Ignored "
              + Names.count(note.count(), "row")
              + " of "
              + note.where()
              + (note.count() == 1 ? " that repeats" : " that repeat")
              + " an earlier one.";
      case WITHOUT_SPLIT ->
          String.format(
              Locale.ROOT,
              "%s of %,d in %s without a split.",
              Names.count(note.count(), "picture"),
              note.of(),
              note.where());
      case MOVED ->
          Names.count(note.count(), "picture")
              + " moved to the part farther from training (validation, test) that has the same"
              + " content, so that nothing is tested on what was learnt.";
    };
  }
}
