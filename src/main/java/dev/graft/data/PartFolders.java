package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.files.FolderWalk.Entry;
import dev.graft.util.Names;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Decides which folders of a data set are its parts. A folder called train next to bus and car, or
 * with images of its own, is a class.
 *
 * @param parts the folder of each part; empty if the folders are classes
 * @param likeParts folders that are classes though their names mean parts
 */
record PartFolders(Map<Part, Entry> parts, List<Entry> likeParts) {
  private static final int MAX_NESTING = 8;

  /**
   * @param top the folder of the data
   * @param folders its subfolders
   * @throws GraftException if the folders are ambiguous, or are parts that do not fit together
   */
  static PartFolders of(Entry top, List<Entry> folders) {
    Map<Entry, PartName> names = new LinkedHashMap<>();
    folders.forEach(each -> PartName.of(each.name()).ifPresent(name -> names.put(each, name)));
    Map<List<String>, List<Entry>> byAffix =
        names.keySet().stream()
            .collect(
                Collectors.groupingBy(
                    each -> names.get(each).affix(), LinkedHashMap::new, Collectors.toList()));
    List<Entry> plain = byAffix.remove(List.<String>of());
    Function<List<Entry>, Map<Part, List<Entry>>> byPart =
        group -> byPart(group, names, group.stream().anyMatch(each -> names.get(each).isTest()));
    if (plain != null) {
      return plain(top, byPart.apply(plain), folders);
    }
    byAffix.values().removeIf(group -> byPart.apply(group).size() < 2);
    List<Entry> alike = byAffix.values().stream().flatMap(List::stream).toList();
    boolean nested = holdFolders(alike);
    boolean train = byAffix.values().stream().map(byPart).anyMatch(g -> g.containsKey(Part.TRAIN));
    if (alike.isEmpty() || (!nested && (!train || alike.size() < folders.size()))) {
      return new PartFolders(Map.of(), alike);
    }
    if (byAffix.size() > 1) {
      throw GraftException.of(
          "%s has folders of several data sets, each in parts: %s. Put a folder for each class into"
              + " train, val and test folders, or write a manifest.",
          top.path(), quoted(alike));
    }
    return parts(top, byPart.apply(alike));
  }

  private static Map<Part, List<Entry>> byPart(
      List<Entry> group, Map<Entry, PartName> names, boolean besideTest) {
    return group.stream()
        .collect(
            Collectors.groupingBy(
                each -> names.get(each).part(besideTest),
                () -> new EnumMap<>(Part.class),
                Collectors.toList()));
  }

  /** Decides on folders whose names mean only a part. */
  private static PartFolders plain(Entry top, Map<Part, List<Entry>> byPart, List<Entry> folders) {
    List<Entry> named = byPart.values().stream().flatMap(List::stream).toList();
    List<Entry> others = folders.stream().filter(each -> !named.contains(each)).toList();
    if (byPart.size() == 1 && folders.size() > 1) {
      boolean nested = holdFolders(named);
      boolean train = byPart.containsKey(Part.TRAIN);
      if (isAmbiguous(train, nested, others)) {
        throw GraftException.of(
            "%s has %s, which may be a part or a class, next to %s: if it is a part, name the parts"
                + " train, val and test, and move other folders elsewhere; if they are classes,"
                + " move their images out of the subfolders, or write a manifest.",
            top.path(), quoted(named), quoted(others));
      }
      if (!nested || (!others.isEmpty() && !train)) {
        return new PartFolders(Map.of(), named);
      }
    }
    return parts(top, byPart);
  }

  /**
   * Returns whether folders that mean one part may be a part or classes. A train folder without
   * folders is a class; a test folder without folders may have unlabeled images.
   */
  private static boolean isAmbiguous(boolean train, boolean nested, List<Entry> others) {
    if (others.size() != 1) {
      return train && nested && !others.isEmpty();
    }
    boolean otherNested = holdFolders(others);
    return train ? nested && otherNested : nested || otherNested;
  }

  private static boolean holdFolders(List<Entry> folders) {
    return folders.stream().anyMatch(PartFolders::hasFolders);
  }

  private static boolean hasFolders(Entry folder) {
    return FolderListing.entries(folder).stream().anyMatch(Entry::isFolder);
  }

  private static PartFolders parts(Entry top, Map<Part, List<Entry>> byPart) {
    Map<Part, Entry> parts = new EnumMap<>(Part.class);
    byPart.forEach((part, named) -> parts.put(part, only(top, named)));
    if (!parts.containsKey(Part.TRAIN)) {
      throw GraftException.of(
          "%s has %s, but no train folder: add one with a folder of images for each class.",
          top.path(), parts.values().stream().map(Entry::name).collect(Collectors.joining(", ")));
    }
    return new PartFolders(parts, List.of());
  }

  /** Returns the folder of a part, of several the one with class folders. */
  private static Entry only(Entry top, List<Entry> named) {
    List<Entry> nested = named.stream().filter(PartFolders::hasFolders).toList();
    List<Entry> wanted = nested.isEmpty() ? named : nested;
    if (wanted.size() > 1) {
      throw GraftException.of(
          "%s has both %s and %s, which mean the same: keep one of them.",
          top.path(), wanted.get(0).name(), wanted.get(1).name());
    }
    return wanted.get(0);
  }

  private static String quoted(Collection<Entry> folders) {
    return Names.quoted(folders.stream().map(Entry::name).toList());
  }

  /**
   * Returns the folder that has a part's class folders: the part's own, or its only subfolder if
   * that has the same or a generic name, as in {@code seg_train/seg_train}.
   */
  static Entry classFolders(Entry part) {
    Entry folder = part;
    for (int i = 0; i < MAX_NESTING; i++) {
      List<Entry> entries = FolderListing.entries(folder);
      List<Entry> folders = entries.stream().filter(Entry::isFolder).toList();
      if (folders.size() != 1
          || entries.stream().anyMatch(Entry::isImage)
          || !repeats(folders.get(0).name(), part.name())
          || !hasFolders(folders.get(0))) {
        break;
      }
      folder = folders.get(0);
    }
    return folder;
  }

  private static boolean repeats(String inner, String outer) {
    Optional<String> word = PartName.of(inner).map(PartName::word);
    return inner.equalsIgnoreCase(outer)
        || PartName.isGeneric(inner)
        || (word.isPresent() && word.equals(PartName.of(outer).map(PartName::word)));
  }
}
