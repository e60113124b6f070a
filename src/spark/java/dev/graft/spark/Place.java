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
 * A file or folder by its name: on a file system that all machines see under one path, or with a
 * scheme on one of Hadoop's.
 */
record Place(String name) implements Serializable {
  /** More than a letter, or Windows' drives would be schemes. */
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  /** As somebody wrote it; what is local becomes absolute, since others begin elsewhere. */
  static Place of(String written) {
    try {
      if (written.startsWith("file:/")) {
        return new Place(
            Path.of(URI.create(written.replaceFirst("^file:/+", "file:/"))).toString());
      }
      return SCHEME.matcher(written).matches()
          ? new Place(written)
          : new Place(Path.of(written).toAbsolutePath().normalize().toString());
    } catch (IllegalArgumentException e) {
      throw new GraftException(written + " can't be the name of a file or folder.", e);
    }
  }

  boolean isLocal() {
    return !SCHEME.matcher(name).matches();
  }

  /** For what is local. */
  Path local() {
    return Path.of(name);
  }

  org.apache.hadoop.fs.Path hadoop() {
    return isLocal()
        ? new org.apache.hadoop.fs.Path(local().toUri())
        : new org.apache.hadoop.fs.Path(name);
  }

  /** Local files without Hadoop's checksums, each of which is a file of its own. */
  FileSystem system(Configuration configuration) throws IOException {
    FileSystem system = hadoop().getFileSystem(configuration);
    return system instanceof LocalFileSystem checked ? checked.getRawFileSystem() : system;
  }

  Place resolve(String below) {
    return isLocal()
        ? new Place(local().resolve(below).normalize().toString())
        : SCHEME.matcher(below).matches()
            ? new Place(below)
            : new Place(name.replaceFirst("/+$", "") + "/" + below);
  }

  Place parent() {
    return isLocal()
        ? new Place(local().getParent().toString())
        : new Place(hadoop().getParent().toString());
  }

  /**
   * Why a picture can't be had, in words that follow its name, where that is its own fault.
   *
   * @throws UncheckedIOException where it is the machine's or the network's: the task is tried
   *     again
   */
  static String fault(IOException failure) {
    if (failure instanceof FileNotFoundException) {
      return "does not exist.";
    }
    if (failure instanceof AccessControlException) {
      return "cannot be opened: check its permissions.";
    }
    throw new UncheckedIOException(failure);
  }

  /** What is done with a file of this machine's. */
  interface Use<T> {
    T of(Path file) throws IOException;
  }

  /**
   * Reads a picture as everybody does: where it lies, or else in a copy that is gone afterwards.
   */
  <T> T asFile(Configuration configuration, Use<T> use) throws IOException {
    if (isLocal()) {
      return use.of(local());
    }
    Path copy = Files.createTempFile("graft-", ".picture");
    try {
      system(configuration)
          .copyToLocalFile(false, hadoop(), new org.apache.hadoop.fs.Path(copy.toUri()), true);
      return use.of(copy);
    } finally {
      Files.deleteIfExists(copy);
    }
  }
}
