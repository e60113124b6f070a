package dev.graft.feature;

import dev.graft.io.AtomicFiles;
import dev.graft.io.LockFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The use of a cache folder by this process: a lock file, and the time of the last use. */
final class CacheUse {
  private static final String SUFFIX = ".in-use";

  /** Maximum time between the creation of a lock file and its locking. */
  private static final Duration MAX_LOCK_DELAY = Duration.ofMinutes(1);

  private final Path folder;
  private LockFile lock;

  CacheUse(Path folder) {
    this.folder = folder;
  }

  /** Starts the use if the folder exists; a read-only folder is used without a lock file. */
  void begin() {
    if (lock != null || !Files.isDirectory(folder)) {
      return;
    }
    try {
      lock = LockFile.on(folder.resolve(UUID.randomUUID() + SUFFIX));
      lock.freeReservedSpace();
      for (Path stale : lockFiles(folder)) {
        Instant written = Files.getLastModifiedTime(stale).toInstant();
        if (written.plus(MAX_LOCK_DELAY).isBefore(Instant.now()) && !LockFile.isHeld(stale)) {
          Files.deleteIfExists(stale); // left by a process that was killed
        }
      }
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // The folder is read-only, or another process removes it.
    }
  }

  /** Ends the use; an empty folder is deleted. */
  void end() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
      if (AtomicFiles.isEmptyFolder(folder)) {
        Files.deleteIfExists(folder);
      }
    }
  }

  /** Returns whether a running process uses a folder. */
  static boolean isHeld(Path folder) throws IOException {
    return lockFiles(folder).stream().anyMatch(LockFile::isHeld);
  }

  private static List<Path> lockFiles(Path folder) throws IOException {
    List<Path> lockFiles = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      files.forEach(lockFiles::add);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    return lockFiles;
  }
}
