package dev.graft.data;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Something odd about a data set that does not stop a run.
 *
 * @param kind determines which of the other components are used
 * @param where the folder or the manifest
 * @param count the number of files, images or rows
 * @param of the total, or the number of images among them
 * @param names of files, folders, classes or columns
 */
public record Note(Kind kind, Path where, long count, long of, List<String> names) {
  /** The kind of oddity. */
  public enum Kind {
    /** The meaning of part folders, as {@code Training = train}. */
    PARTS,
    /** Class folders that contain only folders of the same names; the names of both, in quotes. */
    EQUAL_FOLDERS,
    /** Folders next to train, validation and test. */
    BESIDE_PARTS,
    /** Folders for validation or test without class folders, whose images have no labels. */
    UNLABELED_PARTS,
    /** A folder whose name means a part, such as train, but which is a class. */
    PART_AS_CLASS,
    /** Class folders without images. */
    EMPTY_CLASSES,
    /** Folders beside the class folders whose names begin with a dot. */
    HIDDEN_FOLDERS,
    /** Files outside of class folders; with the number of images among them. */
    OUTSIDE_CLASSES,
    /** Files that are not images, by suffix. */
    NO_IMAGES,
    /** Images in HEIC, the format of iPhones. */
    HEIC,
    /** Images in another format that Graft does not read. */
    UNSUPPORTED,
    /** Links to images that are in the same class already. */
    DUPLICATE_LINKS,
    /** Links to a parent folder. */
    PARENT_LINKS,
    /** Folders with Graft's own output. */
    OWN_OUTPUT,
    /** Images whose names are not in UTF-8. */
    UNREADABLE_NAMES,
    /** Validation images that are the test images, since there are no others; with the total. */
    VALIDATION_AS_TEST,
    /** Classes without validation images. */
    NOT_IN_VALIDATION,
    /** Classes without test images. */
    NOT_IN_TEST,
    /** Classes that differ only in case. */
    CLASSES_DIFFER_IN_CASE,
    /** Columns of a manifest that are not used. */
    OTHER_COLUMNS,
    /** Rows of a manifest that repeat earlier ones. */
    REPEATED_ROWS,
    /** Images of a manifest without a split; with the total. */
    WITHOUT_SPLIT,
    /** Images that were moved to the part of an identical image that is farther from training. */
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
