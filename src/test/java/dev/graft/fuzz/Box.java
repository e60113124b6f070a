package dev.graft.fuzz;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The folder that all cases run in. A case has a folder of its own, so deep that a path that leads
 * out of it is still in the box, where it is noticed.
 */
final class Box implements AutoCloseable {
  private static final Path WORKING = Path.of("").toAbsolutePath();
  private static final Path TEMPORARY =
      Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();

  private static final DirectoryStream.Filter<Path> NOT_SHARED =
      path -> !path.getFileName().toString().matches("\\..*|target.*|hsperfdata.*");

  private final Path root;
  private final Path seeds;
  private final Path work;

  Box() throws IOException {
    root = Files.createDirectory(temporary()).toRealPath();
    seeds = Files.createDirectories(root.resolve("seeds"));
    work = root.resolve("deep/down/here/case");
    Files.createDirectories(work.getParent());
  }

  /** Returns a name of fixed length, of letters, so that cases always damage the same bytes. */
  private static Path temporary() {
    StringBuilder name = new StringBuilder("graft-fuzz-");
    new SecureRandom().ints(8, 'a', 'z' + 1).forEach(name::appendCodePoint);
    return TEMPORARY.resolve(name.toString());
  }

  /** The files that cases are made from; no case may write here. */
  Path seeds() {
    return seeds;
  }

  /** Returns an empty folder for the next case. */
  Path emptied() throws IOException {
    delete(work);
    return Files.createDirectory(work);
  }

  /** Returns the size and time of all that a case must not touch, by name. */
  Map<String, String> snapshot() throws IOException {
    Map<String, String> found = new TreeMap<>();
    found.putAll(listing(WORKING));
    found.putAll(listing(TEMPORARY));
    found.remove(root.toString());
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            found.put(root.relativize(folder).toString(), "a folder");
            return folder.equals(work) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String state = attributes.size() + " bytes, " + attributes.lastModifiedTime();
            found.put(root.relativize(file).toString(), state);
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  /**
   * Lists a folder; a file that is created or deleted in a subfolder changes the time of the
   * subfolder. Build folders and hidden folders are left out, since other processes write there.
   */
  private static Map<String, String> listing(Path folder) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, NOT_SHARED)) {
      for (Path path : all) {
        boolean known = folder.equals(WORKING);
        found.put(path.toString(), known ? Files.getLastModifiedTime(path).toString() : "there");
      }
    }
    return found;
  }

  /** Returns the names in a case's folder, except those in {@code output}. */
  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.map(path -> folder.relativize(path).toString())
          .filter(name -> !name.equals("output") && !name.startsWith("output/"))
          .sorted()
          .toList();
    }
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    delete(root);
  }
}
