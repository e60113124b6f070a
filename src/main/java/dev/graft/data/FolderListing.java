package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.picture.FileKind;
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
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Lists the pictures of a folder. Symbolic links are followed. */
final class FolderListing {
  private final Path data;
  private final Path realData;
  private final List<PictureFile> files = new ArrayList<>();
  private final Set<String> empty = new TreeSet<>(Listing.BY_CODE_POINT);

  /** How many files that are no pictures, by their suffix. */
  private final Map<String, Integer> others = new TreeMap<>(Listing.BY_CODE_POINT);

  private int unsupported;
  private int loose;
  private int loosePictures;
  private int twins;
  private int loops;
  private int unreadableNames;
  private final List<String> notes = new ArrayList<>();

  private FolderListing(Path data) {
    this.data = data;
    this.realData = real(data);
  }

  static Listing of(Path data) {
    return new FolderListing(data).list();
  }

  /**
   * An entry of a folder.
   *
   * @param real without any link; the path itself where a link leads nowhere
   * @param kind of what a link leads to
   */
  private record Entry(Path path, Path real, Kind kind, boolean link) {
    String name() {
      return path.getFileName().toString();
    }

    boolean isFolder() {
      return kind == Kind.FOLDER;
    }
  }

  private enum Kind {
    FOLDER,
    FILE,
    /** A link that leads nowhere, or in a circle. */
    NOWHERE,
    /** Pipes and devices: reading one could wait for ever. */
    OTHER
  }

  private Listing list() {
    List<Entry> entries = entries(data, realData);
    List<Entry> folders = entries.stream().filter(Entry::isFolder).toList();
    if (entries.isEmpty()) {
      throw new GraftException(
          data + " is empty: put a folder of pictures for each class into it.");
    }
    Map<Part, Entry> parts = parts(folders);
    if (parts.isEmpty()) {
      listClasses(data, entries, Optional.empty());
    } else {
      loose(entries);
      List<String> beside =
          folders.stream().map(Entry::name).filter(n -> Part.of(n).isEmpty()).toList();
      if (!beside.isEmpty()) {
        notes.add(
            "Ignored in %s, since it has train, validation or test folders: %s."
                .formatted(data, Listing.few(beside)));
      }
      parts.forEach(
          (part, folder) ->
              listClasses(folder.path(), entries(folder.path(), folder.real()), Optional.of(part)));
    }
    addNotes();
    return Listing.checked(data, data, files, notes);
  }

  /**
   * The folders for the parts, or none if the folders are classes. "Train" may be a class next to
   * "bus": it is one if it is the only such name, has no folders in it and others next to it.
   */
  private Map<Part, Entry> parts(List<Entry> folders) {
    List<Entry> named = folders.stream().filter(f -> Part.of(f.name()).isPresent()).toList();
    if (named.size() == 1 && folders.size() > 1) {
      Entry only = named.get(0);
      if (entries(only.path(), only.real()).stream().noneMatch(Entry::isFolder)) {
        notes.add(
            "%s is taken for a class, since there are no folders in it.".formatted(only.path()));
        return Map.of();
      }
    }
    Map<Part, Entry> parts = new EnumMap<>(Part.class);
    for (Entry folder : named) {
      Entry other = parts.put(Part.of(folder.name()).orElseThrow(), folder);
      if (other != null) {
        throw new GraftException(
            "%s has both %s and %s, which mean the same: keep one of them."
                .formatted(data, other.name(), folder.name()));
      }
    }
    if (!parts.isEmpty() && !parts.containsKey(Part.TRAIN)) {
      throw new GraftException(
          "%s has %s, but no train folder: add one with a folder of pictures for each class."
              .formatted(
                  data,
                  parts.values().stream().map(Entry::name).collect(Collectors.joining(", "))));
    }
    return parts;
  }

  private void listClasses(Path folder, List<Entry> entries, Optional<Part> part) {
    int pictures = loose(entries);
    List<Entry> folders = entries.stream().filter(Entry::isFolder).toList();
    if (folders.isEmpty()) {
      throw new GraftException(
          pictures > 0
              ? "%s has %s but no class folders: move the pictures into one folder for each class, or write a manifest."
                  .formatted(folder, Listing.count(pictures, "picture"))
              : "%s has no class folders: put a folder of pictures for each class into it."
                  .formatted(folder));
    }
    int before = files.size();
    for (Entry classFolder : folders) {
      if (realData.startsWith(classFolder.real())) {
        loops++;
        continue;
      }
      String label = label(classFolder);
      if (!listClass(classFolder, label, part)) {
        empty.add(data.relativize(classFolder.path()).toString());
      }
    }
    if (files.size() == before) {
      throw new GraftException(
          "%s has class folders, but no pictures in them (PNG, JPEG, GIF, BMP, TIFF or WebP)."
              .formatted(folder));
    }
  }

  private static String label(Entry classFolder) {
    String name = classFolder.name();
    if (name.indexOf('\ufffd') >= 0) {
      throw new GraftException(
          "%s has a name that cannot be read. %s"
              .formatted(classFolder.path(), Listing.localeAdvice()));
    }
    return Listing.label(name, "A class folder in " + classFolder.path().getParent());
  }

  /** Whether there are pictures of the class. */
  private boolean listClass(Entry classFolder, String label, Optional<Part> part) {
    Set<Path> seen = new HashSet<>();
    Deque<Entry> open = new ArrayDeque<>(List.of(classFolder));
    List<Entry> found = new ArrayList<>();
    while (!open.isEmpty()) {
      Entry folder = open.removeFirst();
      if (!folder.equals(classFolder)
          && (realData.startsWith(folder.real()) || classFolder.real().startsWith(folder.real()))) {
        loops++;
        continue;
      }
      if (!seen.add(folder.real())) {
        continue;
      }
      for (Entry entry : entries(folder.path(), folder.real())) {
        if (entry.isFolder() && entry.link()) {
          open.addLast(entry); // so that what lies here is listed by its own name
        } else if (entry.isFolder()) {
          open.addFirst(entry);
        } else if (isPicture(entry)) {
          found.add(entry);
        } else {
          ignore(entry);
        }
      }
    }
    found.sort(Comparator.comparing(Entry::link));
    boolean any = false;
    for (Entry entry : found) {
      if (seen.add(entry.real())) {
        files.add(new PictureFile(entry.path(), label, part));
        any = true;
        if (entry.name().indexOf('\ufffd') >= 0) {
          unreadableNames++;
        }
      } else {
        twins++;
      }
    }
    return any;
  }

  /** Counts what lies next to folders of classes or parts, and returns how many are pictures. */
  private int loose(List<Entry> entries) {
    int pictures = 0;
    for (Entry entry : entries) {
      if (!entry.isFolder()) {
        loose++;
        if (isPicture(entry)) {
          pictures++;
        }
      }
    }
    loosePictures += pictures;
    return pictures;
  }

  private static boolean isPicture(Entry entry) {
    return switch (entry.kind()) {
      case FILE -> FileKind.isPicture(entry.path());
      case NOWHERE -> FileKind.hasPictureSuffix(entry.path());
      case FOLDER, OTHER -> false;
    };
  }

  private void ignore(Entry entry) {
    if (FileKind.isOtherPicture(entry.path())) {
      unsupported++;
    } else {
      String suffix = FileKind.suffix(entry.path());
      others.merge(suffix.isEmpty() ? "no suffix" : "." + suffix, 1, Integer::sum);
    }
  }

  private void addNotes() {
    if (!empty.isEmpty()) {
      notes.add("Ignored class folders without pictures: %s.".formatted(Listing.few(empty)));
    }
    if (loose > 0) {
      notes.add(
          "Ignored %s outside of class folders, %s among them."
              .formatted(Listing.count(loose, "file"), Listing.count(loosePictures, "picture")));
    }
    if (!others.isEmpty()) {
      long total = others.values().stream().mapToLong(Integer::longValue).sum();
      notes.add(
          "Ignored %s that %s no pictures: %s."
              .formatted(
                  Listing.count(total, "file"),
                  total == 1 ? "is" : "are",
                  others.entrySet().stream()
                      .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                      .limit(10)
                      .map(e -> "%s (%d)".formatted(Listing.printable(e.getKey()), e.getValue()))
                      .collect(Collectors.joining(", "))));
    }
    if (unsupported > 0) {
      notes.add(
          "Ignored %s in HEIC, AVIF or a camera's raw format, which Graft cannot read: convert them to JPEG."
              .formatted(Listing.count(unsupported, "picture")));
    }
    if (twins > 0) {
      notes.add(
          "Ignored %s to pictures that their class has already."
              .formatted(Listing.count(twins, "link")));
    }
    if (loops > 0) {
      notes.add("Ignored %s to a folder further up.".formatted(Listing.count(loops, "link")));
    }
    if (unreadableNames > 0) {
      notes.add(
          "The names of %s cannot be shown in full. %s"
              .formatted(Listing.count(unreadableNames, "picture"), Listing.localeAdvice()));
    }
  }

  /** What is in a folder, without hidden files and litter, sorted by name. */
  private static List<Entry> entries(Path folder, Path realFolder) {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path path : stream) {
        if (!FileKind.isLitter(path)) {
          entries.add(entry(path, realFolder.resolve(path.getFileName())));
        }
      }
    } catch (IOException e) {
      throw cannotRead(folder, e);
    } catch (DirectoryIteratorException e) {
      throw cannotRead(folder, e.getCause());
    }
    entries.sort(
        Comparator.comparing(Entry::name, Listing.BY_CODE_POINT).thenComparing(Entry::path));
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

  private static Path real(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      throw cannotRead(folder, e);
    }
  }

  private static GraftException cannotRead(Path folder, IOException e) {
    return new GraftException(
        "The folder %s cannot be read (%s): check its permissions."
            .formatted(folder, e.getClass().getSimpleName().replaceFirst("Exception$", "")),
        e);
  }
}
