package dev.graft.spark;

import dev.graft.GraftException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.security.AccessControlException;

/**
 * The path of a file or folder, either on a file system that all machines mount at the same path,
 * or a URL of one of Hadoop's file systems.
 *
 * @param name an absolute path or a URL
 */
record DataPath(String name) implements Serializable {
  /** At least two letters, which distinguishes schemes from Windows' drives. */
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  /** Matches a URL; its first group is the file system, as in {@code hdfs://host}. */
  private static final String AFTER_ROOT = "^([^:]+:(?://[^/]*)?).*";

  /** Parses a path or URL; local paths become absolute, as executors have other working folders. */
  static DataPath of(String written) {
    try {
      if (written.startsWith("file:/")) {
        return new DataPath(
            Path.of(URI.create(written.replaceFirst("^file:/+", "file:/"))).toString());
      }
      return SCHEME.matcher(written).matches()
          ? new DataPath(written)
          : new DataPath(Path.of(written).toAbsolutePath().normalize().toString());
    } catch (IllegalArgumentException e) {
      throw new GraftException(written + " is not a valid name of a file or folder.", e);
    }
  }

  boolean isLocal() {
    return !SCHEME.matcher(name).matches();
  }

  /** Returns the path, if {@link #isLocal}. */
  Path local() {
    return Path.of(name);
  }

  org.apache.hadoop.fs.Path hadoop() {
    return isLocal()
        ? new org.apache.hadoop.fs.Path(local().toUri())
        : new org.apache.hadoop.fs.Path(name);
  }

  /** Returns the file system; a local one without Hadoop's checksum files. */
  FileSystem fileSystem(Configuration configuration) throws IOException {
    FileSystem system = hadoop().getFileSystem(configuration);
    return system instanceof LocalFileSystem checked ? checked.getRawFileSystem() : system;
  }

  /** Returns a path or URL below this folder, unless it is absolute: then on this file system. */
  DataPath resolve(String written) {
    if (SCHEME.matcher(written).matches()) {
      return of(written);
    }
    if (isLocal()) {
      return new DataPath(local().resolve(written).normalize().toString());
    }
    return new DataPath(
        written.startsWith("/")
            ? name.replaceFirst(AFTER_ROOT, "$1") + written
            : name.replaceFirst("/+$", "") + "/" + written);
  }

  DataPath parent() {
    return isLocal()
        ? new DataPath(local().getParent().toString())
        : new DataPath(hadoop().getParent().toString());
  }

  /**
   * Returns why an image cannot be opened, as words that follow its name.
   *
   * @throws UncheckedIOException if the machine or the network has failed, so that Spark retries
   *     the task
   */
  static String reason(IOException failure) {
    if (failure instanceof FileNotFoundException) {
      return "does not exist.";
    }
    if (failure instanceof AccessControlException) {
      return "cannot be opened: check its permissions.";
    }
    throw new UncheckedIOException(failure);
  }

  /** Uses a file of this machine. */
  interface Use<T> {
    T of(Path file) throws IOException;
  }

  /** Calls a function with a local file: the file itself, or a temporary copy. */
  <T> T withLocalFile(Configuration configuration, Use<T> use) throws IOException {
    if (isLocal()) {
      return use.of(local());
    }
    Path copy = Files.createTempFile("graft-", ".image");
    try {
      fileSystem(configuration)
          .copyToLocalFile(false, hadoop(), new org.apache.hadoop.fs.Path(copy.toUri()), true);
      return use.of(copy);
    } finally {
      Files.deleteIfExists(copy);
    }
  }
}
