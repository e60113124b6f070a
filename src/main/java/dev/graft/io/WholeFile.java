package dev.graft.io;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
 * A file, or a folder of files, that appears whole or not at all: written under another name in the
 * same folder (a move is atomic within one file system only), then moved to its place. What fails
 * leaves nothing behind.
 */
public final class WholeFile {
  /** How the name of what is not finished ends. */
  public static final String UNFINISHED = ".unfinished";

  /** In an unfinished folder, while its writer lives. */
  private static final String CLAIM = ".claim";

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Files that this process is writing. */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private WholeFile() {}

  /** Deletes what this process has not finished; for a program that ends in between. */
  public static void deleteUnfinished() {
    OPEN.forEach(file -> file.toFile().delete());
  }

  /** What a file is to hold. */
  public interface Content {
    /** Writes all of it. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes a file, in place of what was there; its folder must be there. */
  public static void write(Path file, Content content) throws IOException {
    // Not createTempFile, whose files only their owner may read.
    Path unfinished = unfinished(file);
    OPEN.add(unfinished);
    try {
      try (FileChannel channel =
          FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      OPEN.remove(unfinished);
      Files.deleteIfExists(unfinished); // there only if something failed
    }
  }

  private static Path unfinished(Path path) {
    return path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + UNFINISHED);
  }

  /** Writes a file of bytes. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /** Writes a file of text, in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Likewise, line by line; each ends as it is to end. */
  public static void write(Path file, Stream<String> lines) throws IOException {
    write(
        file,
        channel -> {
          // Not closed: the channel is whoever's who opened it.
          Writer text =
              new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), 1 << 16);
          for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
            text.write(each.next());
          }
          text.flush();
        });
  }

  /** What a folder is to hold. */
  public interface FolderContent {
    /** Writes all of it. */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Writes a folder.
   *
   * @param folder must not be there, or be empty; the one that it lies in must
   */
  public static void folder(Path folder, FolderContent content) throws IOException {
    fill(Files.createDirectory(unfinished(folder)), folder, content);
  }

  /**
   * Writes a folder, and then gives it its name.
   *
   * @param unfinished is there and empty; its name ends with {@link #UNFINISHED}
   */
  public static void fill(Path unfinished, Path folder, FolderContent content) throws IOException {
    try {
      Claim claim = Claim.on(unfinished.resolve(CLAIM));
      try {
        content.writeTo(unfinished);
      } finally {
        claim.close();
      }
      Files.move(
          unfinished, folder, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException | Error e) {
      delete(unfinished);
      throw e;
    }
  }

  /** Whether a living process is writing an unfinished file or folder. */
  public static boolean isBeingWritten(Path unfinished) throws IOException {
    if (Files.isDirectory(unfinished)) {
      return Claim.isHeld(unfinished.resolve(CLAIM));
    }
    // A file is written at once; one that is this old was left.
    Instant written = Files.getLastModifiedTime(unfinished).toInstant();
    return written.plus(MINUTE).isAfter(Instant.now());
  }

  /** Deletes a file, or a folder with all that is in it. */
  public static void delete(Path path) throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** Writes all that remains in a buffer. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
