package dev.graft.io;

import dev.graft.GraftException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Writes files and folders atomically: under a temporary name in the same folder, because a move is
 * only atomic within a file system, and then moved to their place. A failure leaves nothing behind.
 */
public final class AtomicFiles {
  /** The suffix of temporary names. */
  public static final String UNFINISHED = ".unfinished";

  /** The lock file in a temporary folder. */
  private static final String CLAIM = ".claim";

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Files and folders that this process is writing. */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private AtomicFiles() {}

  /** Deletes what this process has not finished; for a program that ends in between. */
  public static void deleteUnfinished() {
    // What can't be removed from the set is finished, or about to be moved to its place.
    Set.copyOf(OPEN).stream().filter(OPEN::remove).forEach(AtomicFiles::deleteTemporary);
  }

  /** Deletes what a killed process was writing in a folder, in which no other process writes. */
  public static void deleteUnfinished(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path each : files.filter(file -> file.toString().endsWith(UNFINISHED)).toList()) {
        delete(each);
      }
    }
  }

  /** The content of a file. */
  public interface Content {
    /** Writes the whole content. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /** Writes or replaces a file in an existing folder; a link is replaced, not what it leads to. */
  public static void write(Path file, Content content) throws IOException {
    // Not createTempFile, whose files can be read by their owner only.
    Path unfinished = unfinished(file);
    OPEN.add(unfinished);
    try {
      try (FileChannel channel =
          FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      } catch (IOException e) {
        if (e.getClass() != IOException.class) {
          throw e;
        }
        // Of a full disk, without the file's name.
        FileSystemException named = new FileSystemException(file.toString(), null, e.getMessage());
        named.initCause(e);
        throw named;
      }
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      OPEN.remove(unfinished);
      Files.deleteIfExists(unfinished); // there only if something failed
    }
  }

  /** Returns a temporary name beside a file or folder. */
  public static Path unfinished(Path path) {
    return path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + UNFINISHED);
  }

  /** Writes or replaces a file. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /** Writes or replaces a text file, in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes or replaces a text file, in UTF-8; the lines include their line feeds. */
  public static void write(Path file, Stream<String> lines) throws IOException {
    write(
        file,
        channel -> {
          // Not closed: that would close the caller's channel.
          Writer text =
              new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), 1 << 16);
          for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
            text.write(each.next());
          }
          text.flush();
        });
  }

  /** The content of a folder. */
  public interface FolderContent {
    /** Writes the whole content. */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Writes a folder.
   *
   * @param folder must not exist, or be empty; its parent must exist
   * @param content of the folder
   * @throws GraftException if the folder has content
   */
  public static void folder(Path folder, FolderContent content) throws IOException {
    if (Files.isDirectory(folder) && !isEmptyFolder(folder)) {
      throw new GraftException(folder + " exists already; delete it, or choose another folder.");
    }
    fill(Files.createDirectory(unfinished(folder)), folder, content);
  }

  /** Returns whether a path is a folder without content. */
  public static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  /**
   * Writes a folder under a temporary name, and then renames it.
   *
   * @param unfinished an existing, empty folder whose name ends with {@link #UNFINISHED}
   * @param folder its final name; must not exist, or be empty
   * @param content of the folder
   */
  public static void fill(Path unfinished, Path folder, FolderContent content) throws IOException {
    OPEN.add(unfinished);
    try {
      LockFile claim = LockFile.on(unfinished.resolve(CLAIM));
      try {
        content.writeTo(unfinished);
      } finally {
        claim.close();
      }
      if (!OPEN.remove(unfinished)) {
        throw new NoSuchFileException(folder.toString(), null, "the program ends");
      }
      Files.move(
          unfinished, folder, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException | Error e) {
      delete(unfinished);
      throw e;
    } finally {
      OPEN.remove(unfinished);
    }
  }

  /**
   * Moves a file, also to another file system; it is whole at one of the two paths at any time.
   *
   * @throws FileAlreadyExistsException if there is such a file already
   */
  public static void move(Path from, Path to) throws IOException {
    if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      copyAndDelete(from, to);
    }
  }

  static void copyAndDelete(Path from, Path to) throws IOException {
    Path unfinished = unfinished(to);
    OPEN.add(unfinished);
    try {
      Files.copy(from, unfinished, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
      Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(from);
    } finally {
      OPEN.remove(unfinished);
      Files.deleteIfExists(unfinished); // there only if something failed
    }
  }

  /** Returns whether a living process is writing a temporary file or folder. */
  public static boolean isBeingWritten(Path unfinished) throws IOException {
    if (Files.isDirectory(unfinished)) {
      return LockFile.isHeld(unfinished.resolve(CLAIM));
    }
    // Files are written within seconds, so an older one was abandoned.
    Instant written = Files.getLastModifiedTime(unfinished).toInstant();
    return written.plus(MINUTE).isAfter(Instant.now());
  }

  /** Deletes a file, or a folder with its content. */
  public static void delete(Path path) throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** Creates a folder and those above it, where neither it nor a link to one is there. */
  public static void createFolders(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) { // in Java 17, createDirectories fails for a link
      Files.createDirectories(folder);
    }
  }

  /** Creates the folder of a file, as {@link #createFolders} does. */
  public static void createParent(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      createFolders(parent);
    }
  }

  /**
   * Deletes a temporary file or folder as far as possible: on some file systems, files that are
   * still open or mapped stay, and that must not fail the work that is done.
   */
  public static void deleteTemporary(Path path) {
    try {
      delete(path);
    } catch (IOException | UncheckedIOException e) {
      // Left to the operating system, which cleans its temporary folder.
    }
  }

  /** Writes all remaining bytes of a buffer. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
