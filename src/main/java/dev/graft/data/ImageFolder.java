package dev.graft.data;

import dev.graft.Progress;
import dev.graft.Reason;
import dev.graft.Text;
import dev.graft.io.Hash;
import dev.graft.io.ReadAhead;
import dev.graft.picture.Picture;
import dev.graft.picture.PictureReader;
import dev.graft.picture.Unreadable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Somebody's own picture files, of which nothing but names, hashes and sizes is in memory. They are
 * only ever read.
 */
public final class ImageFolder implements ImageSet {
  /** In place of the hash of what can't even be opened. */
  private static final String NO_HASH = "0".repeat(64);

  /** Files that are looked at before their turn comes. */
  private static final int AHEAD = 64;

  private final List<String> classes;
  private final List<Item> items;
  private final Quarantine quarantine;

  /**
   * What a look at a file has shown.
   *
   * @param fault the rest of a sentence that begins with its path
   */
  private record Looked(Item item, Optional<String> fault) {}

  private ImageFolder(List<String> classes, List<Item> items, Quarantine quarantine) {
    this.classes = classes;
    this.items = Collections.unmodifiableList(items);
    this.quarantine = quarantine;
  }

  /**
   * Lists a folder or a manifest, see {@link Listing}, hashes every file and reads the heads of the
   * pictures.
   *
   * <p>A picture that is in several given parts is moved to the one that is most apart from
   * training in all of its places: the test must not ask for what was learnt.
   *
   * @param maxBad the share of the files that may be unreadable, in [0, 1]
   * @throws dev.graft.GraftException if there is nothing to learn from, or too much that can't be
   *     read
   */
  public static DataSet open(Path path, double maxBad, Progress.Display display) {
    Listing listing = Listing.of(path);
    int count = listing.files().size();
    Map<String, Integer> labels = new HashMap<>();
    listing.classes().forEach(name -> labels.put(name, labels.size()));
    List<Item> items = new ArrayList<>(count);
    Quarantine quarantine = new Quarantine(count, maxBad);
    try (Progress progress = display.progress("looking at files", "files", count);
        ReadAhead<Looked> files =
            ReadAhead.of(
                PictureReader.threads(),
                AHEAD,
                listing.files().iterator(),
                file -> look(file, labels.get(file.label())))) {
      files.forEachRemaining(
          each -> {
            int index = items.size();
            String place = listing.files().get(index).path().toString();
            each.fault().ifPresent(fault -> quarantine.add(index, place, fault));
            items.add(each.item());
            progress.stepTo(items.size());
          });
    }
    quarantine.check();
    List<Optional<Part>> parts = listing.files().stream().map(PictureFile::part).toList();
    List<Optional<Part>> apart = keptApart(parts, items);
    List<Note> notes = new ArrayList<>(listing.notes());
    long moved = IntStream.range(0, count).filter(i -> !parts.get(i).equals(apart.get(i))).count();
    if (moved > 0) {
      notes.add(Note.of(Note.Kind.MOVED, path, moved, count));
    }
    return new DataSet(
        listing.name(),
        new ImageFolder(listing.classes(), items, quarantine),
        apart,
        Text.of("%s: %,d pictures in %d classes", path, count, listing.classes().size()),
        notes);
  }

  private static Looked look(PictureFile file, int label) {
    String fault;
    try {
      PictureReader.Header header = PictureReader.header(file.path());
      String hash = Hash.Algorithm.SHA256.of(file.path()).hex();
      return new Looked(
          new Item(label, hash, header.width(), header.height(), Optional.of(file)),
          Optional.empty());
    } catch (Unreadable e) {
      fault = e.reason();
    } catch (IOException e) {
      fault = Reason.sentence("can't be read: " + e.getMessage());
    }
    return new Looked(new Item(label, NO_HASH, 0, 0, Optional.of(file)), Optional.of(fault));
  }

  private static List<Optional<Part>> keptApart(List<Optional<Part>> parts, List<Item> items) {
    Map<String, Part> farthest = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      String hash = items.get(i).hash();
      parts
          .get(i)
          .filter(part -> !hash.equals(NO_HASH))
          .ifPresent(part -> farthest.merge(hash, part, (a, b) -> a.compareTo(b) > 0 ? a : b));
    }
    return IntStream.range(0, parts.size())
        .mapToObj(i -> parts.get(i).map(part -> farthest.getOrDefault(items.get(i).hash(), part)))
        .toList();
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public List<Item> items() {
    return items;
  }

  @Override
  public Quarantine quarantine() {
    return quarantine;
  }

  @Override
  public Optional<List<Picture>> read(int index, int[] leasts) {
    if (quarantine.contains(index)) {
      return Optional.empty();
    }
    try {
      Path path = file(index).orElseThrow().path();
      Hash content = new Hash(Hash.Algorithm.SHA256, hash(index));
      return Optional.of(PictureReader.read(path, content, leasts));
    } catch (Unreadable e) {
      quarantine.add(index, place(index), e.reason());
      return Optional.empty();
    }
  }
}
