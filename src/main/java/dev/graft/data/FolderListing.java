package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Names;
import dev.graft.Text;
import dev.graft.picture.FileKind;
import dev.graft.picture.FolderWalk;
import dev.graft.picture.FolderWalk.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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
  /** Suffixes of which people are told. */
  private static final int NAMED = 10;

  private final Path data;
  private final Path realData;
  private final List<PictureFile> files = new ArrayList<>();
  private final Set<String> empty = new TreeSet<>(Listing.BY_CODE_POINT);

  /** How many files that are no pictures, by their suffix. */
  private final Map<String, Integer> others = new TreeMap<>(Listing.BY_CODE_POINT);

  /** Where runs of Graft's lie. */
  private final Set<String> outputs = new TreeSet<>(Listing.BY_CODE_POINT);

  /** How often other things were met. */
  private final Map<Note.Kind, Integer> counts = new EnumMap<>(Note.Kind.class);

  private int loosePictures;
  private final List<Note> notes = new ArrayList<>();

  private FolderListing(Path data, Path realData) {
    this.data = data;
    this.realData = realData;
  }

  static Listing of(Path data) {
    try {
      Entry folder = Entry.folder(data);
      return new FolderListing(data, folder.real()).list(folder);
    } catch (IOException e) {
      throw cannotRead(data, e);
    }
  }

  private Listing list(Entry top) {
    List<Entry> entries = entries(top);
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
      note(
          Note.Kind.BESIDE_PARTS,
          folders.stream().map(Entry::name).filter(name -> Part.of(name).isEmpty()).toList());
      parts.forEach(
          (part, folder) -> listClasses(folder.path(), entries(folder), Optional.of(part)));
    }
    addNotes();
    return Listing.checked(data, files, notes);
  }

  /**
   * The folders for the parts, or none if the folders are classes. "Train" may be a class next to
   * "bus": it is one if it is the only such name, has no folders in it and others next to it.
   */
  private Map<Part, Entry> parts(List<Entry> folders) {
    List<Entry> named = folders.stream().filter(f -> Part.of(f.name()).isPresent()).toList();
    if (named.size() == 1 && folders.size() > 1) {
      Entry only = named.get(0);
      if (entries(only).stream().noneMatch(Entry::isFolder)) {
        notes.add(Note.of(Note.Kind.PART_AS_CLASS, only.path()));
        return Map.of();
      }
    }
    Map<Part, Entry> parts = new EnumMap<>(Part.class);
    for (Entry folder : named) {
      Entry other = parts.put(Part.of(folder.name()).orElseThrow(), folder);
      if (other != null) {
        throw GraftException.of(
            "%s has both %s and %s, which mean the same: keep one of them.",
            data, other.name(), folder.name());
      }
    }
    if (!parts.isEmpty() && !parts.containsKey(Part.TRAIN)) {
      throw GraftException.of(
          "%s has %s, but no train folder: add one with a folder of pictures for each class.",
          data, parts.values().stream().map(Entry::name).collect(Collectors.joining(", ")));
    }
    return parts;
  }

  private void listClasses(Path folder, List<Entry> entries, Optional<Part> part) {
    int pictures = loose(entries);
    List<Entry> folders = entries.stream().filter(Entry::isFolder).toList();
    if (folders.isEmpty()) {
      throw new GraftException(
          folder
              + (pictures > 0
                  ? " has "
                      + Names.count(pictures, "picture")
                      + " but no class folders: move the pictures into one folder for each class,"
                      + " or write a manifest."
                  : " has no class folders: put a folder of pictures for each class into it."));
    }
    int before = files.size();
    for (Entry classFolder : folders) {
      if (enters(classFolder)) {
        int outputsBefore = outputs.size();
        boolean any = listClass(classFolder, label(classFolder), part);
        if (!any && outputs.size() == outputsBefore) {
          empty.add(data.relativize(classFolder.path()).toString());
        }
      }
    }
    if (files.size() == before) {
      throw GraftException.of(
          "%s has class folders, but no pictures in them (PNG, JPEG, GIF, BMP, TIFF or WebP).",
          folder);
    }
  }

  /** Whether there is something to be looked for in a folder. */
  private boolean enters(Entry folder) {
    if (realData.startsWith(folder.real())) {
      count(Note.Kind.LEADS_UP);
      return false;
    }
    if (OwnOutput.is(folder.path())) {
      outputs.add(folder.path().getParent().toString());
      return false;
    }
    return true;
  }

  private static String label(Entry classFolder) {
    String name = classFolder.name();
    if (name.indexOf('\ufffd') >= 0) {
      throw new GraftException(
          classFolder.path() + " has a name that cannot be read. " + Listing.localeAdvice());
    }
    return Listing.label(name, "A class folder in " + classFolder.path().getParent());
  }

  /** Whether there are pictures of the class. */
  private boolean listClass(Entry classFolder, String label, Optional<Part> part) {
    List<Entry> found = new ArrayList<>();
    FolderWalk.through(
        classFolder,
        new FolderWalk.Visitor() {
          @Override
          public boolean enters(Entry folder) {
            return FolderListing.this.enters(folder);
          }

          @Override
          public void file(Entry file) {
            if (file.isPicture()) {
              found.add(file);
            } else {
              ignore(file);
            }
          }

          @Override
          public void leadsUp(Entry link) {
            count(Note.Kind.LEADS_UP);
          }

          @Override
          public void failed(Path folder, IOException failure) {
            throw cannotRead(folder, failure);
          }
        });
    found.sort(Comparator.comparing(Entry::link));
    Set<Path> seen = new HashSet<>();
    for (Entry entry : found) {
      if (!seen.add(entry.real())) {
        count(Note.Kind.TWINS);
        continue;
      }
      files.add(new PictureFile(entry.path(), label, part));
      if (entry.name().indexOf('\ufffd') >= 0) {
        count(Note.Kind.UNREADABLE_NAMES);
      }
    }
    return !found.isEmpty();
  }

  /** Counts what lies next to folders of classes or parts, and returns how many are pictures. */
  private int loose(List<Entry> entries) {
    int pictures = 0;
    for (Entry entry : entries) {
      if (!entry.isFolder()) {
        count(Note.Kind.OUTSIDE_CLASSES);
        if (entry.isPicture()) {
          pictures++;
        }
      }
    }
    loosePictures += pictures;
    return pictures;
  }

  private void ignore(Entry entry) {
    if (FileKind.isOtherPicture(entry.path())) {
      count(Note.Kind.UNSUPPORTED);
    } else {
      String suffix = FileKind.suffix(entry.path());
      others.merge(suffix.isEmpty() ? "no suffix" : "." + suffix, 1, Integer::sum);
    }
  }

  private void addNotes() {
    note(Note.Kind.EMPTY_CLASSES, List.copyOf(empty));
    note(Note.Kind.OWN_OUTPUT, List.copyOf(outputs));
    if (!others.isEmpty()) {
      notes.add(
          new Note(
              Note.Kind.NO_PICTURES,
              data,
              others.values().stream().mapToLong(Integer::longValue).sum(),
              0,
              others.entrySet().stream()
                  .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                  .limit(NAMED)
                  .map(each -> each.getKey() + " (" + each.getValue() + ")")
                  .toList()));
    }
    counts.forEach(
        (kind, count) -> {
          int of = kind == Note.Kind.OUTSIDE_CLASSES ? loosePictures : 0;
          notes.add(Note.of(kind, data, count, of));
        });
    notes.sort(Comparator.comparing(Note::kind));
  }

  private void note(Note.Kind kind, List<String> names) {
    if (!names.isEmpty()) {
      notes.add(Note.of(kind, data, names));
    }
  }

  private void count(Note.Kind kind) {
    counts.merge(kind, 1, Integer::sum);
  }

  private static List<Entry> entries(Entry folder) {
    try {
      return FolderWalk.entries(folder);
    } catch (IOException e) {
      throw cannotRead(folder.path(), e);
    }
  }

  private static GraftException cannotRead(Path folder, IOException e) {
    return new GraftException(
        Text.of(
            "The folder %s cannot be read (%s): check its permissions.",
            folder, e.getClass().getSimpleName().replaceFirst("Exception$", "")),
        e);
  }
}
