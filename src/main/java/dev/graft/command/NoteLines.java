package dev.graft.command;

import dev.graft.Names;
import dev.graft.Reason;
import dev.graft.Text;
import dev.graft.data.Listing;
import dev.graft.data.Note;

/** What people are told of what is odd about data. */
final class NoteLines {
  private NoteLines() {}

  static String of(Note note) {
    String names = Reason.line(Names.quoted(note.names()));
    boolean one = note.count() == 1;
    String files = Names.count(note.count(), "file");
    String pictures = Names.count(note.count(), "picture");
    String links = Names.count(note.count(), "link");
    return switch (note.kind()) {
      case BESIDE_PARTS ->
          Text.of(
              "Ignored in %s, since it has train, validation or test folders: %s.",
              note.where(), names);
      case PART_AS_CLASS ->
          note.where() + " is taken for a class, since there are no folders in it.";
      case EMPTY_CLASSES -> "Ignored class folders without pictures: " + names + ".";
      case OUTSIDE_CLASSES ->
          Text.of(
              "Ignored %s outside of class folders, %s among them.",
              files, Names.count(note.of(), "picture"));
      case NO_PICTURES ->
          Text.of(
              "Ignored %s that %s: %s.",
              files,
              one ? "is no picture" : "are no pictures",
              Reason.line(String.join(", ", note.names())));
      case UNSUPPORTED ->
          "Ignored "
              + pictures
              + " in HEIC, AVIF or a camera's raw format, which Graft cannot read: convert them to"
              + " JPEG.";
      case TWINS -> "Ignored " + links + " to pictures that their class has already.";
      case LEADS_UP -> "Ignored " + links + " to a folder further up.";
      case OWN_OUTPUT -> "Passed over what Graft wrote itself, in " + names + ".";
      case UNREADABLE_NAMES ->
          "The names of " + pictures + " cannot be shown in full. " + Listing.localeAdvice();
      case NOT_IN_VALIDATION -> "No picture for validation shows " + names + ".";
      case NOT_IN_TEST -> "No picture for test shows " + names + ".";
      case ALIKE_CLASSES ->
          "Classes " + names + " differ in upper and lower case only; they are kept apart.";
      case OTHER_COLUMNS ->
          "Ignored in " + note.where() + ": " + names + "; only path, label and split count.";
      case REPEATED_ROWS ->
          Text.of(
              "Ignored %s of %s that %s an earlier one.",
              Names.count(note.count(), "row"), note.where(), one ? "repeats" : "repeat");
      case WITHOUT_SPLIT ->
          Text.of("%s of %,d in %s without a split.", pictures, note.of(), note.where());
      case MOVED ->
          pictures
              + " moved to the part farther from training (validation, test) that has the same"
              + " content, so that nothing is tested on what was learnt.";
    };
  }
}
