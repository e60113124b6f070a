package dev.graft.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A walk through a folder and its subfolders, without hidden files and files of the system. Links
 * are followed, except to a folder that contains the start. A folder with several names is visited
 * once, by its own name rather than a link, so cyclic links cannot make the walk endless.
 */
public final class FolderWalk {
  private FolderWalk() {}

  /**
   * An entry of a folder.
   *
   * @param real the path without links, or the path itself if a link is broken
   * @param kind of the link's target, for a link
   */
  public record Entry(Path path, Path real, Kind kind, boolean link) {
    /** Returns the folder at which a walk begins. */
    public static Entry folder(Path path) throws IOException {
      return new Entry(path, path.toRealPath(), Kind.FOLDER, false);
    }

    public String name() {
      return path.getFileName().toString();
    }

    public boolean isFolder() {
      return kind == Kind.FOLDER;
    }

    /** Returns whether it is taken for an image, see {@link FileKind}. */
    public boolean isImage() {
      return switch (kind) {
        case FILE -> FileKind.isImage(path);
        case NOWHERE -> FileKind.hasImageSuffix(path);
        case FOLDER, OTHER -> false;
      };
    }
  }

  /** The kind of an entry. */
  public enum Kind {
    FOLDER,
    FILE,
    /** A broken or cyclic link. */
    NOWHERE,
    /** Pipes and devices, of which reading could block forever. */
    OTHER
  }

  /** Receives the entries of a walk. */
  public interface Visitor {
    /** Returns whether to visit a folder; not called for the first. */
    boolean enters(Entry folder);

    /** Receives an entry that is not a folder. */
    void file(Entry file);

    /** Receives a link to a folder above the start, which is not followed. */
    default void leadsUp(Entry link) {}

    /** Receives a folder that cannot be listed. */
    void failed(Path folder, IOException failure);
  }

  /** Walks through a folder, and visits each subfolder once. */
  public static void through(Entry top, Visitor visitor) {
    walk(top, true, visitor);
  }

  /**
   * Walks through a folder, and visits a subfolder under each of its names: also by a link, if it
   * was visited under its own name. Links inside a linked folder are not followed a second time.
   */
  public static void throughAllNames(Entry top, Visitor visitor) {
    walk(top, false, visitor);
  }

  /** A folder to visit, unless it was visited already. */
  private record OpenFolder(Entry folder, boolean behindLink) {}

  private static void walk(Entry top, boolean once, Visitor visitor) {
    Set<Path> seen = new HashSet<>();
    Deque<OpenFolder> open = new ArrayDeque<>(List.of(new OpenFolder(top, false)));
    while (!open.isEmpty()) {
      OpenFolder step = open.removeFirst();
      Entry folder = step.folder();
      if (!folder.equals(top) && top.real().startsWith(folder.real())) {
        visitor.leadsUp(folder);
        continue;
      }
      boolean known = !seen.add(folder.real());
      if ((known && (once || step.behindLink()))
          || (!folder.equals(top) && !visitor.enters(folder))) {
        continue;
      }
      boolean behindLink = step.behindLink() || (!folder.equals(top) && folder.link());
      try {
        for (Entry entry : entries(folder)) {
          if (entry.isFolder() && entry.link()) {
            // Last, so that folders are visited by their own names first.
            open.addLast(new OpenFolder(entry, behindLink));
          } else if (entry.isFolder()) {
            open.addFirst(new OpenFolder(entry, behindLink));
          } else {
            visitor.file(entry);
          }
        }
      } catch (IOException e) {
        visitor.failed(folder.path(), e);
      }
    }
  }

  /** Returns the entries of a folder, sorted by name in the order of code points. */
  public static List<Entry> entries(Entry folder) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder.path())) {
      for (Path path : stream) {
        if (!FileKind.isLitter(path)) {
          entries.add(entry(path, folder.real().resolve(path.getFileName())));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(
        Comparator.comparing(Entry::name, FolderWalk::compareCodePoints)
            .thenComparing(Entry::path));
    return entries;
  }

  private static Entry entry(Path path, Path ownReal) throws IOException {
    BasicFileAttributes own =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!own.isSymbolicLink()) {
      return new Entry(path, ownReal, kind(own), false);
    }
    try {
      BasicFileAttributes target = Files.readAttributes(path, BasicFileAttributes.class);
      return new Entry(path, path.toRealPath(), kind(target), true);
    } catch (IOException e) {
      return new Entry(path, ownReal, Kind.NOWHERE, true);
    }
  }

  private static Kind kind(BasicFileAttributes attributes) {
    if (attributes.isDirectory()) {
      return Kind.FOLDER;
    }
    return attributes.isRegularFile() ? Kind.FILE : Kind.OTHER;
  }

  /**
   * Compares as UTF-8 and UTF-32 sort; {@link String#compareTo} sorts emoji before some letters.
   */
  public static int compareCodePoints(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        return Integer.compare(a.codePointAt(i), b.codePointAt(i));
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}
