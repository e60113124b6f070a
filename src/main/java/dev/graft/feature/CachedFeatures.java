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
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What is cached under one {@link FeatureKey}.
 *
 * @param folder of the key
 * @param key its text; empty if no file has one
 * @param bytes size on disk
 * @param lastUsed when a run last opened it
 * @param inUse whether a living process uses it
 */
public record CachedFeatures(
    Path folder, Optional<String> key, long bytes, Instant lastUsed, boolean inUse) {
  /** A backbone, and the beginning of the key's hash. */
  private static final String NAME = ".+-[0-9a-f]{24}";

  /** Tasks of a cluster leave unfinished files while their job runs, on whatever machine. */
  private static final Duration MAX_JOB = Duration.ofDays(1);

  /** All keys that have a cache, the largest first. */
  public static List<CachedFeatures> all(Path features) throws IOException {
    List<CachedFeatures> all = new ArrayList<>();
    if (Files.isDirectory(features)) {
      try (Stream<Path> folders = Files.list(features)) {
        for (Path folder : folders.toList()) {
          if (folder.getFileName().toString().matches(NAME) && Files.isDirectory(folder)) {
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
        bytes += file.toFile().length(); // 0 if it is gone meanwhile
        inUse |=
            name.endsWith(AtomicFiles.UNFINISHED)
                && Files.getLastModifiedTime(file).toInstant().plus(MAX_JOB).isAfter(now);
        if (key.isEmpty() && name.endsWith(RecordLog.SUFFIX)) {
          key = RecordLog.key(file);
        }
      }
    }
    Instant lastUsed = Files.getLastModifiedTime(folder).toInstant();
    return new CachedFeatures(folder, key, bytes, lastUsed, inUse);
  }

  /** A line of the key, such as {@code input-size}. */
  public Optional<String> ingredient(String name) {
    return key.stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst();
  }

  /**
   * Removes it, unless a process uses it or began to meanwhile.
   *
   * @return whether it was removed
   */
  public boolean remove() throws IOException {
    if (inUse || CacheUse.isHeld(folder)) {
      return false;
    }
    // Renamed first: who opens it later makes a new folder, and who opened it before has a claim.
    Path renamed =
        folder.resolveSibling(
            folder.getFileName() + "." + UUID.randomUUID() + AtomicFiles.UNFINISHED);
    Files.move(folder, renamed);
    if (CacheUse.isHeld(renamed)) {
      Files.move(renamed, folder);
      return false;
    }
    AtomicFiles.delete(renamed);
    return true;
  }

  static boolean isEmpty(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
