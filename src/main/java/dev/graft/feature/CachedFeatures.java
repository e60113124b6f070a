package dev.graft.feature;

import dev.graft.io.AtomicFiles;
import dev.graft.io.RecordLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The cached features of one {@link FeatureKey}.
 *
 * @param folder of the key
 * @param key text of the key; empty if no file contains it
 * @param bytes size on disk, in bytes
 * @param lastUsed when a run last opened it
 * @param inUse whether a running process uses it
 */
public record CachedFeatures(
    Path folder, Optional<String> key, long bytes, Instant lastUsed, boolean inUse) {
  /** Pattern of {@link FeatureKey#folderName()}. */
  private static final String FOLDER_NAME = ".+-[0-9a-f]{24}";

  /** Maximum duration of a Spark job, whose temporary files mark a folder as in use. */
  public static final Duration MAX_JOB_DURATION = Duration.ofDays(1);

  /**
   * Lists the cached features of all keys, the largest first.
   *
   * @param features the folder of all caches; need not exist
   */
  public static List<CachedFeatures> all(Path features) throws IOException {
    List<CachedFeatures> all = new ArrayList<>();
    if (Files.isDirectory(features)) {
      try (Stream<Path> folders = Files.list(features)) {
        for (Path folder : folders.toList()) {
          if (folder.getFileName().toString().matches(FOLDER_NAME) && Files.isDirectory(folder)) {
            all.add(of(folder));
          }
        }
      }
    }
    all.sort(Comparator.comparing(CachedFeatures::bytes).reversed());
    return all;
  }

  private static CachedFeatures of(Path folder) throws IOException {
    Optional<String> key = Optional.empty();
    long bytes = 0;
    Instant now = Instant.now();
    boolean inUse = CacheUse.isHeld(folder);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        bytes += file.toFile().length(); // 0 if it was deleted meanwhile
        inUse |=
            name.endsWith(AtomicFiles.UNFINISHED)
                && Files.getLastModifiedTime(file).toInstant().plus(MAX_JOB_DURATION).isAfter(now);
        if (key.isEmpty() && name.endsWith(RecordLog.SUFFIX)) {
          key = RecordLog.key(file);
        }
      }
    }
    Instant lastUsed = Files.getLastModifiedTime(folder).toInstant();
    return new CachedFeatures(folder, key, bytes, lastUsed, inUse);
  }

  /**
   * Returns the value of a field of the key, such as {@code input-size}; empty if it is missing.
   */
  public Optional<String> keyField(String name) {
    return key.stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst();
  }

  /** Returns the view of the images: {@code mirror images}, {@code random crop 1}. */
  public Optional<String> view() {
    return keyField("preprocessing").map(View::described);
  }

  /**
   * Deletes the cached features, unless a process uses them.
   *
   * @return whether they were deleted
   */
  public boolean remove() throws IOException {
    if (inUse || CacheUse.isHeld(folder)) {
      return false;
    }
    // Renamed first: a process that opens it later creates a new folder, and one that opened it
    // before has a lock file in it.
    Path renamed = AtomicFiles.unfinished(folder);
    Files.move(folder, renamed);
    if (CacheUse.isHeld(renamed)) {
      Files.move(renamed, folder);
      return false;
    }
    AtomicFiles.delete(renamed);
    return true;
  }
}
