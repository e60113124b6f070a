package dev.graft.studio;

import dev.graft.studio.Refusal.Reason;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * One change of the folder that can be taken back: a file or folder is moved, or an empty folder is
 * made. Paths are relative to the folder, with slashes.
 *
 * @param from the old place; {@code null} if a folder is made
 * @param to the new place
 */
record Step(String from, String to) {
  static Step make(String folder) {
    return new Step(null, folder);
  }

  /**
   * Makes the change.
   *
   * @throws Refusal if the folder was changed by another program in between
   */
  void apply(Path folder) throws IOException {
    if (from == null) {
      Files.createDirectory(folder.resolve(to));
    } else {
      move(folder.resolve(from), folder.resolve(to));
    }
  }

  /**
   * Takes the change back.
   *
   * @throws Refusal if the folder was changed by another program in between
   */
  void revert(Path folder) throws IOException {
    if (from != null) {
      move(folder.resolve(to), folder.resolve(from));
      return;
    }
    try {
      Files.deleteIfExists(folder.resolve(to));
    } catch (DirectoryNotEmptyException e) {
      throw new Refusal(Reason.FOLDER_CHANGED_NOT_EMPTY, to);
    }
  }

  /** Returns whether the change was made, as far as the folder shows it. */
  boolean isApplied(Path folder) {
    return exists(folder.resolve(to)) && (from == null || !exists(folder.resolve(from)));
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
