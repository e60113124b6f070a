package dev.graft.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock file that marks work in progress. The operating system releases the lock when the process
 * ends in any way, so that abandoned work can be recognized.
 *
 * <p>The file also reserves 64 KiB of disk space, which {@link #freeReservedSpace} frees, so that
 * the end of a run can be recorded even if the disk is full.
 */
public final class LockFile implements AutoCloseable {
  private static final int RESERVED_BYTES = 1 << 16;

  /**
   * This process's lock files, which must not be opened again: closing any channel to a file
   * releases all locks of the process on it.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private LockFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Creates and locks a file.
   *
   * @param file must not exist
   * @throws IOException if it exists, or cannot be written
   */
  public static LockFile on(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      channel.lock(); // waits while another process checks whether the lock is held
    } catch (IOException e) {
      // the file system has no locks, as in lock()
    }
    return locked(file, channel);
  }

  /**
   * Locks a file that a process may have left when it was killed; creates it if it is missing.
   *
   * @return empty if a living process holds the lock
   */
  public static Optional<LockFile> reclaim(Path file) throws IOException {
    if (isHeld(file)) {
      return Optional.empty();
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!lock(channel)) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(locked(file, channel));
  }

  private static LockFile locked(Path file, FileChannel channel) throws IOException {
    OWN.add(key(file));
    LockFile claim = new LockFile(file, channel);
    try {
      AtomicFiles.writeFully(channel, ByteBuffer.allocate(RESERVED_BYTES));
      return claim;
    } catch (IOException | RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  /**
   * Locks the file, if the file system supports locks; some network file systems do not. The lock
   * lives as long as the channel.
   *
   * @return false if another process holds the lock
   */
  private static boolean lock(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (IOException e) {
      return true;
    }
  }

  /** Returns whether a living process, this one or another, holds the lock. */
  public static boolean isHeld(Path file) {
    if (OWN.contains(key(file))) {
      return true;
    }
    if (!Files.isRegularFile(file)) {
      return false;
    }
    // Reading is enough for a shared lock, and other accounts' files can often only be read.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    } catch (AccessDeniedException e) {
      return true; // perhaps; another account's work is left alone
    } catch (OverlappingFileLockException e) {
      return true; // by this process, under a name that the file had before
    } catch (IOException e) {
      return false;
    }
  }

  private static Path key(Path file) {
    return file.toAbsolutePath().normalize();
  }

  /** Frees the reserved disk space; the lock stays. */
  public void freeReservedSpace() {
    try {
      channel.truncate(0);
    } catch (IOException e) {
      return; // then no space can be freed
    }
  }

  /** Releases the lock and deletes its file. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
    OWN.remove(key(file));
  }
}
