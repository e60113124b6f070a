package dev.graft.studio;

import dev.graft.studio.Refusal.Reason;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One change of the folder that can be undone: a file or folder is moved, or an empty folder is
 * created. Paths are relative to the folder, with slashes.
 *
 * @param from the old path; {@code null} if a folder is created
 * @param to the new path
 */
record UndoStep(String from, String to) {
  private static final Set<String> NOWHERE = Set.of("", ".", "..");

  /**
   * Checks the paths, which may come from a file.
   *
   * @throws IllegalArgumentException if one leads out of the folder
   */
  UndoStep {
    requireInside(to);
    if (from != null) {
      requireInside(from);
    }
  }

  // Compared as text, because another locale may not decode a name, and its change must not get
  // lost there.
  private static void requireInside(String path) {
    boolean isWindows = File.separatorChar == '\\';
    if (Stream.of(path.split("/", -1)).anyMatch(NOWHERE::contains)
        || path.indexOf('\0') >= 0
        || (isWindows && (path.indexOf('\\') >= 0 || path.indexOf(':') >= 0))) {
      throw new IllegalArgumentException("leads out of the folder: " + path);
    }
  }

  static UndoStep make(String folder) {
    return new UndoStep(null, folder);
  }

  /**
   * Makes the change.
   *
   * @throws Refusal if the folder was changed by another program in between
   */
  void apply(Path folder) throws IOException {
    if (from == null) {
      Files.createDirectory(within(folder, to));
    } else {
      move(within(folder, from), within(folder, to));
    }
  }

  /**
   * Undoes the change.
   *
   * @throws Refusal if the folder was changed by another program in between
   */
  void revert(Path folder) throws IOException {
    if (from != null) {
      move(within(folder, to), within(folder, from));
      return;
    }
    try {
      Files.deleteIfExists(within(folder, to));
    } catch (DirectoryNotEmptyException e) {
      throw new Refusal(Reason.FOLDER_CHANGED_NOT_EMPTY, to);
    }
  }

  /**
   * Returns whether the change was made, as far as the folder shows it.
   *
   * @throws Refusal if a path leads through a link, or can't be expressed in this locale
   */
  boolean isApplied(Path folder) {
    return exists(within(folder, to)) && (from == null || !exists(within(folder, from)));
  }

  /** Returns the place of a path, none of whose parents is a link. */
  private static Path within(Path folder, String path) {
    Path place = folder;
    for (Path name : relative(path)) {
      if (!place.equals(folder) && Files.isSymbolicLink(place)) {
        throw new Refusal(Reason.FOLDER_CHANGED_GONE, folder.relativize(place).toString());
      }
      place = place.resolve(name);
    }
    return place;
  }

  private static Path relative(String path) {
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new Refusal(Reason.FOLDER_CHANGED_GONE, path);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    if (!exists(from)) {
      throw new Refusal(Reason.FOLDER_CHANGED_GONE, from.getFileName().toString());
    }
    if (exists(to)) {
      throw new Refusal(Reason.FOLDER_CHANGED_TAKEN, to.getFileName().toString());
    }
    Files.createDirectories(to.getParent());
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
