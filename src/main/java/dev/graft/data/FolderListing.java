package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.files.FileKind;
import dev.graft.files.FolderWalk;
import dev.graft.files.FolderWalk.Entry;
import dev.graft.image.ImageFileReader;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import dev.graft.util.PathText;
import dev.graft.util.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Lists the images of a folder. Symbolic links are followed. */
final class FolderListing {
  private static final int MAX_SUFFIXES = 10;

  /** Names of part folders that need no note, in lower case. */
  private static final Set<String> PLAIN_PARTS =
      Set.of("train", "val", "valid", "validation", "test");

  private final Path data;
  private final Path realData;
  private final List<ImageFile> files = new ArrayList<>();
  private final Set<String> empty = new TreeSet<>(Listing.BY_CODE_POINT);

  /** The number of files that are not images, by suffix. */
  private final Map<String, Integer> others = new TreeMap<>(Listing.BY_CODE_POINT);

  /** Folders whose names begin with a dot. */
  private final Set<String> hidden = new TreeSet<>(Listing.BY_CODE_POINT);

  /** Folders with Graft's own output. */
  private final Set<String> outputs = new TreeSet<>(Listing.BY_CODE_POINT);

  /** The number of other skipped entries, by kind. */
  private final Map<Note.Kind, Integer> counts = new EnumMap<>(Note.Kind.class);

  private int looseImages;
  private final List<Note> notes = new ArrayList<>();

  private FolderListing(Path data, Path realData) {
    this.data = data;
    this.realData = realData;
  }

  static Listing of(Path data, boolean trains) {
    try {
      Entry folder = Entry.folder(data);
      return new FolderListing(data, folder.real()).list(folder, trains);
    } catch (IOException e) {
      throw cannotRead(data, e);
    }
  }

  private Listing list(Entry top, boolean trains) {
    List<Entry> entries = entries(top);
    if (entries.isEmpty()) {
      throw new GraftException(data + " is empty: add a folder of images for each class.");
    }
    List<Entry> folders =
        entries.stream().filter(each -> each.isFolder() && !isOutput(each)).toList();
    PartFolders found = PartFolders.of(top, folders);
    found.likeParts().forEach(each -> notes.add(Note.of(Note.Kind.PART_AS_CLASS, each.path())));
    if (found.parts().isEmpty()) {
      if (folders.size() == 1) {
        checkNoPartsIn(folders.get(0));
      }
      listClasses(data, entries, Optional.empty());
    } else {
      listParts(entries, found.parts(), trains);
    }
    addNotes();
    return Listing.checked(data, files, notes, trains);
  }

  /** Checks the only folder of the data. */
  private static void checkNoPartsIn(Entry folder) {
    List<Entry> inner = entries(folder).stream().filter(Entry::isFolder).toList();
    Map<Part, Entry> parts = PartFolders.of(folder, inner).parts();
    if (!parts.isEmpty()) {
      throw GraftException.of(
          "%s has only the folder %s, which has the parts of a data set (%s): give %s instead.",
          folder.path().getParent(),
          Names.quoted(List.of(folder.name())),
          Names.quoted(parts.values().stream().map(Entry::name).toList()),
          folder.path());
    }
  }

  private void listParts(List<Entry> entries, Map<Part, Entry> parts, boolean trains) {
    loose(entries);
    note(
        Note.Kind.BESIDE_PARTS,
        entries.stream()
            .filter(each -> each.isFolder() && !parts.containsValue(each) && enters(each))
            .map(Entry::name)
            .toList());
    List<String> meanings = new ArrayList<>();
    List<String> unlabeled = new ArrayList<>();
    parts.forEach(
        (part, folder) -> {
          Entry classes = PartFolders.classFolders(folder);
          String name = data.relativize(classes.path()).toString();
          if (trains
              && part != Part.TRAIN
              && entries(classes).stream().noneMatch(Entry::isFolder)) {
            unlabeled.add(name); // as the test images of a competition
            return;
          }
          if (!PLAIN_PARTS.contains(name.toLowerCase(Locale.ROOT))) {
            meanings.add(name + " = " + part.word());
          }
          listClasses(classes.path(), entries(classes), Optional.of(part));
        });
    note(Note.Kind.PARTS, meanings);
    note(Note.Kind.UNLABELED_PARTS, unlabeled);
  }

  private void listClasses(Path folder, List<Entry> entries, Optional<Part> part) {
    noteHidden(folder);
    int images = loose(entries);
    List<Entry> folders = entries.stream().filter(Entry::isFolder).toList();
    if (folders.isEmpty()) {
      throw new GraftException(
          folder
              + (images > 0
                  ? " has "
                      + Names.count(images, "image")
                      + " but no class folders: move the images into one folder for each class,"
                      + (part.isEmpty() || part.get() == Part.TRAIN
                          ? " or write a manifest."
                          : " write a manifest, or move this folder elsewhere.")
                  : " has no class folders: add a folder of images for each class.")
              + heicAdvice(entries.stream().filter(each -> FileKind.isHeic(each.path())).count()));
    }
    Map<String, Set<String>> subfolders = new LinkedHashMap<>();
    for (Entry classFolder : folders) {
      if (enters(classFolder)) {
        int outputsBefore = outputs.size();
        List<Entry> found = listClass(classFolder, label(classFolder), part);
        if (!found.isEmpty()) {
          subfolders.put(classFolder.name(), subfolders(classFolder, found));
        } else if (outputs.size() == outputsBefore) {
          empty.add(data.relativize(classFolder.path()).toString());
        }
      }
    }
    if (subfolders.isEmpty()) {
      throw GraftException.of(
          "%s has no images in its class folders (%s): add PNG, JPEG, GIF, BMP, TIFF or WebP"
              + " files.%s",
          folder,
          Names.quoted(folders.stream().map(Entry::name).toList()),
          heicAdvice(counts.getOrDefault(Note.Kind.HEIC, 0)));
    }
    if (part.isEmpty() || part.get() == Part.TRAIN) {
      checkEqualFolders(folder, subfolders);
    }
  }

  /** Notes the folders beside the class folders that the walk leaves out. */
  private void noteHidden(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(each -> each.getFileName().toString().startsWith(".") && Files.isDirectory(each))
          .filter(each -> !each.endsWith(OwnOutput.STUDIO))
          .forEach(each -> hidden.add(data.relativize(each).toString()));
    } catch (IOException e) {
      throw cannotRead(folder, e);
    } catch (UncheckedIOException e) {
      throw cannotRead(folder, e.getCause());
    }
  }

  /**
   * Returns the subfolders that have a class folder's images; none if the folder itself has images.
   */
  private static Set<String> subfolders(Entry classFolder, List<Entry> images) {
    Set<String> names = new TreeSet<>(Listing.BY_CODE_POINT);
    for (Entry image : images) {
      Path below = classFolder.path().relativize(image.path());
      if (below.getNameCount() == 1) {
        return Set.of();
      }
      names.add(below.getName(0).toString());
    }
    return names;
  }

  /**
   * Checks class folders that contain only subfolders of the same names: the subfolders may be the
   * classes, and the folders parts or sources.
   *
   * @param subfolders of each class folder, by its name
   * @throws GraftException if a name means a part
   */
  private void checkEqualFolders(Path folder, Map<String, Set<String>> subfolders) {
    Set<String> common = new TreeSet<>(Listing.BY_CODE_POINT);
    subfolders.values().forEach(common::addAll);
    int all = common.size();
    subfolders.values().forEach(common::retainAll);
    if (subfolders.size() < 2 || common.size() < 2 || 2 * common.size() < all) {
      return;
    }
    List<String> names = List.copyOf(subfolders.keySet());
    if (names.stream().anyMatch(name -> PartName.of(name).isPresent())) {
      throw GraftException.of(
          "%s has the folders %s, which all hold the same folders (%s): if they are parts, name"
              + " them train, val and test; if they are classes, move their images out of the"
              + " subfolders, or write a manifest.",
          folder, Names.quoted(names), Names.quoted(common));
    }
    notes.add(
        Note.of(
            Note.Kind.EQUAL_FOLDERS, folder, List.of(Names.quoted(names), Names.quoted(common))));
  }

  /** Returns whether a folder may have images of the data set. */
  private boolean enters(Entry folder) {
    if (realData.startsWith(folder.real())) {
      count(Note.Kind.PARENT_LINKS);
      return false;
    }
    if (isOutput(folder)) {
      outputs.add(folder.path().getParent().toString());
      return false;
    }
    return true;
  }

  private boolean isOutput(Entry folder) {
    return OwnOutput.is(folder.path()) || OwnOutput.isIn(data, folder.path());
  }

  private static String label(Entry classFolder) {
    String name =
        PathText.fileName(classFolder.path())
            .orElseThrow(
                () ->
                    new GraftException(
                        PathText.of(classFolder.path())
                            + " has a name that is not in UTF-8: rename it."));
    return Listing.label(name, "A class folder in " + classFolder.path().getParent());
  }

  /** Adds the images of a class, and returns all that were found. */
  private List<Entry> listClass(Entry classFolder, String label, Optional<Part> part) {
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
            if (file.isImage()) {
              found.add(file);
            } else {
              ignore(file);
            }
          }

          @Override
          public void leadsUp(Entry link) {
            count(Note.Kind.PARENT_LINKS);
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
        count(Note.Kind.DUPLICATE_LINKS);
        continue;
      }
      files.add(new ImageFile(entry.path(), label, part));
      if (PathText.fileName(entry.path()).isEmpty()) {
        count(Note.Kind.UNREADABLE_NAMES);
      }
    }
    return found;
  }

  /** Counts the files next to class or part folders, and returns the number of images. */
  private int loose(List<Entry> entries) {
    int images = 0;
    for (Entry entry : entries) {
      if (!entry.isFolder()) {
        count(Note.Kind.OUTSIDE_CLASSES);
        if (entry.isImage()) {
          images++;
        }
      }
    }
    looseImages += images;
    return images;
  }

  private void ignore(Entry entry) {
    if (FileKind.isOtherImage(entry.path())) {
      count(FileKind.isHeic(entry.path()) ? Note.Kind.HEIC : Note.Kind.UNSUPPORTED);
    } else {
      String suffix = FileKind.suffix(entry.path());
      others.merge(suffix.isEmpty() ? "no suffix" : "." + suffix, 1, Integer::sum);
    }
  }

  private static String heicAdvice(long images) {
    return images == 0 ? "" : " " + ImageFileReader.ignoredHeic(images);
  }

  private void addNotes() {
    note(Note.Kind.EMPTY_CLASSES, List.copyOf(empty));
    note(Note.Kind.HIDDEN_FOLDERS, List.copyOf(hidden));
    note(Note.Kind.OWN_OUTPUT, List.copyOf(outputs));
    if (!others.isEmpty()) {
      notes.add(
          new Note(
              Note.Kind.NO_IMAGES,
              data,
              others.values().stream().mapToLong(Integer::longValue).sum(),
              0,
              others.entrySet().stream()
                  .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                  .limit(MAX_SUFFIXES)
                  .map(each -> each.getKey() + " (" + each.getValue() + ")")
                  .toList()));
    }
    counts.forEach(
        (kind, count) -> {
          int of = kind == Note.Kind.OUTSIDE_CLASSES ? looseImages : 0;
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

  static List<Entry> entries(Entry folder) {
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
            folder, Messages.reason(e)),
        e);
  }
}
