package dev.graft.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A process's word that it is at work on something: a file that it keeps locked. The system opens
 * the lock when the process ends, in whatever way, so that what is claimed by nobody can be told
 * from what is still being made.
 *
 * <p>The file also keeps some room on the disk, which {@link #giveRoom} returns, so that how
 * something ended can be written down even where it ended because the disk was full.
 */
public final class Claim implements AutoCloseable {
  private static final int ROOM = 1 << 16;

  /** Closing any channel to a file opens this process's locks on it, so those are remembered. */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private Claim(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Claims what a file stands for.
   *
   * @param file is made; must not be there
   */
  public static Claim on(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    OWN.add(key(file));
    Claim claim = new Claim(file, channel);
    try {
      lock(channel);
      WholeFile.writeFully(channel, ByteBuffer.allocate(ROOM));
      return claim;
    } catch (IOException | RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  /** Some file systems of networks have no locks; there nothing is known to be claimed. */
  @SuppressWarnings("unused") // the lock lives as long as the channel
  private static void lock(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
    } catch (IOException e) {
      return;
    }
  }

  /** Whether a living process, this one or another, holds the claim. */
  public static boolean isHeld(Path file) {
    if (OWN.contains(key(file))) {
      return true;
    }
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true; // by this process, under a name that the file had before
    } catch (IOException e) {
      return false;
    }
  }

  private static Path key(Path file) {
    return file.toAbsolutePath().normalize();
  }

  /** Returns the room that was kept; the claim stays. */
  public void giveRoom() {
    try {
      channel.truncate(0);
    } catch (IOException e) {
      return; // then there is none to return
    }
  }

  /** Gives the claim up; its file goes. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
    OWN.remove(key(file));
  }
}
