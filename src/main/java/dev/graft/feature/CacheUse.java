package dev.graft.feature;

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

/** A process's use of one cache's folder: it marks the folder as used now, and as in use. */
final class CacheUse {
  private static final String SUFFIX = ".in-use";

  /** Between the creation of a claim's file and its lock. */
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Path folder;
  private LockFile claim;

  CacheUse(Path folder) {
    this.folder = folder;
  }

  /** Begins, if the folder exists; a folder that can't be written to is used all the same. */
  void begin() {
    if (claim != null || !Files.isDirectory(folder)) {
      return;
    }
    try {
      claim = LockFile.on(folder.resolve(UUID.randomUUID() + SUFFIX));
      claim.giveRoom();
      for (Path dead : claims(folder)) {
        Instant written = Files.getLastModifiedTime(dead).toInstant();
        if (written.plus(MINUTE).isBefore(Instant.now()) && !LockFile.isHeld(dead)) {
          Files.deleteIfExists(dead); // of a process that was killed
        }
      }
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    } catch (IOException e) {
      return; // nothing there can be removed either, or another process removes it now
    }
  }

  /** Ends; a folder in which nothing was written goes. */
  void end() throws IOException {
    if (claim != null) {
      claim.close();
      claim = null;
      if (CachedFeatures.isEmpty(folder)) {
        Files.deleteIfExists(folder);
      }
    }
  }

  /** Whether a living process uses a folder. */
  static boolean isHeld(Path folder) throws IOException {
    for (Path each : claims(folder)) {
      if (LockFile.isHeld(each)) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> claims(Path folder) throws IOException {
    List<Path> claims = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      files.forEach(claims::add);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    return claims;
  }
}
