package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.io.Hash;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Published weight files in the user's cache, downloaded when they are first asked for.
 *
 * <p>A file gets its name only when its size and hash are right; until then it is called {@code
 * <name>.part}, see {@link Transfer}. One download at a time works in a folder, whatever the number
 * of processes: the others wait for the lock on {@code .lock} and find the file there.
 */
public final class Download {
  /** Told about ten times a second, on the thread that waits for the download. */
  @FunctionalInterface
  public interface Progress {
    /** For those who don't look. */
    Progress NONE = (done, total) -> {};

    /**
     * Takes note of how far the download is.
     *
     * @param done bytes that are here, those of an earlier attempt included
     * @param total bytes of the whole file, -1 where the server does not say
     */
    void at(long done, long total);
  }

  /** File locks are the process's; this is for the threads of one. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final Path folder;
  private final Duration patience;

  /** Downloads to a folder, and gives a silent server half a minute. */
  public Download(Path folder) {
    this(folder, Duration.ofSeconds(30));
  }

  /**
   * Downloads to a folder.
   *
   * @param patience how long a server may take to answer, and be silent after that
   */
  Download(Path folder, Duration patience) {
    this.folder = folder;
    this.patience = patience;
  }

  /**
   * Downloads to {@code weights} in the user's cache: the system property {@code graft.cache}, else
   * {@code $XDG_CACHE_HOME/graft}, else {@code ~/.cache/graft}.
   */
  public static Download toCache() {
    return new Download(
        cache(
            Optional.ofNullable(System.getProperty("graft.cache")),
            Optional.ofNullable(System.getenv("XDG_CACHE_HOME")),
            System.getProperty("user.home")));
  }

  static Path cache(Optional<String> property, Optional<String> xdg, String home) {
    return property
        .filter(text -> !text.isBlank())
        .map(Path::of)
        .orElseGet(
            () ->
                // The XDG specification says to ignore a relative path.
                xdg.filter(text -> !text.isBlank())
                    .map(Path::of)
                    .filter(Path::isAbsolute)
                    .orElseGet(() -> Path.of(home, ".cache"))
                    .resolve("graft"))
        .resolve("weights");
  }

  /** Where files are kept. */
  public Path folder() {
    return folder;
  }

  /** Where the file is or will be. */
  public Path path(Published file) {
    return folder.resolve(file.name());
  }

  /** Whether a file of that name, and size where that is known, is in the cache; reads nothing. */
  public boolean has(Published file) {
    try {
      return Files.isRegularFile(path(file))
          && (file.size() < 0 || Files.size(path(file)) == file.size());
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * The file, from the cache if it is there with the right size and hash, without a request; else
   * downloaded, or the rest of it.
   *
   * @return its path in the cache
   * @throws GraftException if it cannot be had: the message says why and what to do. After a wrong
   *     size or hash nothing of it stays in the cache; after a broken connection the part that came
   *     does.
   */
  public Path fetch(Published file, Progress progress) {
    Path path = path(file);
    try {
      if (isRight(file)) {
        return path;
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw cacheFailure(e);
    }
    THREADS.lock();
    try (FileChannel lock =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock(); // until the channel is closed
      if (isRight(file)) {
        return path; // another process was faster
      }
      Files.deleteIfExists(path);
      Transfer transfer = new Transfer(file, path, patience, progress);
      Path part = transfer.run();
      Optional<String> problem = wrong(file, part);
      if (problem.isPresent()) {
        transfer.discard();
        throw mismatch(file, problem.get());
      }
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
      transfer.discard();
      return path;
    } catch (IOException e) {
      throw cacheFailure(e);
    } finally {
      THREADS.unlock();
    }
  }

  private boolean isRight(Published file) throws IOException {
    return Files.isRegularFile(path(file)) && wrong(file, path(file)).isEmpty();
  }

  /** What is wrong with a file's content, if anything. */
  private static Optional<String> wrong(Published file, Path path) throws IOException {
    long size = Files.size(path);
    if (file.size() >= 0 && size != file.size()) {
      return Optional.of("has %d bytes instead of %d".formatted(size, file.size()));
    }
    if (file.hash().isPresent()) {
      Hash expected = file.hash().get();
      Hash found = expected.algorithm().of(path);
      if (!found.equals(expected)) {
        return Optional.of("has the %s instead of %s".formatted(found, expected.hex()));
      }
    }
    return Optional.empty();
  }

  static GraftException mismatch(Published file, String problem) {
    return new GraftException(
        "%s %s: it is not the expected file and was not kept. Try again, or get it elsewhere and"
                .formatted(file.uri(), problem)
            + " give it with --weights FILE.");
  }

  private GraftException cacheFailure(IOException e) {
    return new GraftException(
        "Cannot use the weight cache %s (%s): free some space, or name another folder with"
                .formatted(folder, e)
            + " -Dgraft.cache=FOLDER.",
        e);
  }
}
