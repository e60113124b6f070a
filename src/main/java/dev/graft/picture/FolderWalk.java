package dev.graft.picture;

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
 * A walk through a folder and all below, in which hidden files and litter are not seen. Links are
 * followed, but not to a folder above the one where it began, and what several names lead to is
 * entered by one of them, its own rather than a link: however links are knotted, a walk takes no
 * longer than there are folders.
 */
public final class FolderWalk {
  private FolderWalk() {}

  /**
   * An entry of a folder.
   *
   * @param real without any link; the path itself where a link leads nowhere
   * @param kind of what a link leads to
   */
  public record Entry(Path path, Path real, Kind kind, boolean link) {
    /** A folder to begin with, whatever links lead to it. */
    public static Entry folder(Path path) throws IOException {
      return new Entry(path, path.toRealPath(), Kind.FOLDER, false);
    }

    public String name() {
      return path.getFileName().toString();
    }

    public boolean isFolder() {
      return kind == Kind.FOLDER;
    }

    /** Whether it is meant to be a picture, see {@link FileKind}. */
    public boolean isPicture() {
      return switch (kind) {
        case FILE -> FileKind.isPicture(path);
        case NOWHERE -> FileKind.hasPictureSuffix(path);
        case FOLDER, OTHER -> false;
      };
    }
  }

  /** What an entry is. */
  public enum Kind {
    FOLDER,
    FILE,
    /** A link that leads nowhere, or in a circle. */
    NOWHERE,
    /** Pipes and devices: reading one could wait for ever. */
    OTHER
  }

  /** Who is told what a walk comes across. */
  public interface Visitor {
    /** Whether to walk into a folder, other than the first. */
    boolean enters(Entry folder);

    /** What is no folder. */
    void file(Entry file);

    /** A link to a folder above, which is not followed. */
    default void leadsUp(Entry link) {}

    /** A folder that can't be listed. */
    void failed(Path folder, IOException failure);
  }

  /** Through a folder, each folder below once. */
  public static void through(Entry top, Visitor visitor) {
    walk(top, true, visitor);
  }

  /**
   * The same for whom names matter: a link is followed, too, where what it leads to has been seen
   * under its own name; links behind that link are not.
   */
  public static void throughAllNames(Entry top, Visitor visitor) {
    walk(top, false, visitor);
  }

  /** A folder that is to be walked into, unless it was already. */
  private record Step(Entry folder, boolean behindLink) {}

  private static void walk(Entry top, boolean once, Visitor visitor) {
    Set<Path> seen = new HashSet<>();
    Deque<Step> open = new ArrayDeque<>(List.of(new Step(top, false)));
    while (!open.isEmpty()) {
      Step step = open.removeFirst();
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
            // Last, so that what lies here is found by its own name.
            open.addLast(new Step(entry, behindLink));
          } else if (entry.isFolder()) {
            open.addFirst(new Step(entry, behindLink));
          } else {
            visitor.file(entry);
          }
        }
      } catch (IOException e) {
        visitor.failed(folder.path(), e);
      }
    }
  }

  /** What is in a folder, sorted by name in the order of code points. */
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

  /** Sorts as UTF-8 and UTF-32 do; {@link String#compareTo} puts emoji before some of the BMP. */
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
