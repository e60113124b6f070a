package dev.graft.data;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Something odd about data, which stops nothing but should be known.
 *
 * @param kind what it is; says which of the others count
 * @param where the folder or the manifest
 * @param count how many there are
 * @param of among how many, or how many among them
 * @param names what they are called
 */
public record Note(Kind kind, Path where, long count, long of, List<String> names) {
  /** What was noticed. */
  public enum Kind {
    /** Folders next to train, validation and test. */
    BESIDE_PARTS,
    /** A folder, such as train, that is taken for a class. */
    PART_AS_CLASS,
    /** Class folders without pictures. */
    EMPTY_CLASSES,
    /** Files outside of class folders; pictures among them. */
    OUTSIDE_CLASSES,
    /** Files that are no pictures, by suffix. */
    NO_PICTURES,
    /** Pictures of a kind that Graft doesn't read. */
    UNSUPPORTED,
    /** Links to pictures that their class has already. */
    TWINS,
    /** Links to a folder further up. */
    LEADS_UP,
    /** Folders in which lies what Graft wrote. */
    OWN_OUTPUT,
    /** Pictures whose names can't be shown in full. */
    UNREADABLE_NAMES,
    /** Classes of which no picture is for validation. */
    NOT_IN_VALIDATION,
    /** Classes of which no picture is for the test. */
    NOT_IN_TEST,
    /** Classes that differ in upper and lower case only. */
    ALIKE_CLASSES,
    /** Columns of a manifest that don't count. */
    OTHER_COLUMNS,
    /** Rows of a manifest that repeat earlier ones. */
    REPEATED_ROWS,
    /** Pictures of a manifest that have no split, of so many. */
    WITHOUT_SPLIT,
    /** Pictures that were moved to the part, farther from training, of the same content. */
    MOVED
  }

  public Note {
    names = List.copyOf(names);
  }

  static Note of(Kind kind, Path where) {
    return new Note(kind, where, 1, 0, List.of());
  }

  static Note of(Kind kind, Path where, long count, long of) {
    return new Note(kind, where, count, of, List.of());
  }

  static Note of(Kind kind, Path where, Collection<String> names) {
    return new Note(kind, where, names.size(), 0, List.copyOf(names));
  }
}
