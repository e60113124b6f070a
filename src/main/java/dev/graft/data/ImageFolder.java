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

  private final Listing listing;
  private final List<Opened> opened;
  private final Quarantine quarantine;

  /**
   * What is known of a file before its picture is decoded.
   *
   * @param fault the rest of a sentence that begins with its path
   */
  private record Opened(int label, String hash, int width, int height, Optional<String> fault) {}

  private ImageFolder(Listing listing, List<Opened> opened, Quarantine quarantine) {
    this.listing = listing;
    this.opened = opened;
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
    List<Opened> opened = new ArrayList<>(count);
    Quarantine quarantine = new Quarantine(count, maxBad);
    try (Progress progress = display.progress("looking at files", "files", count);
        ReadAhead<Opened> files =
            ReadAhead.of(
                PictureReader.threads(),
                AHEAD,
                listing.files().iterator(),
                file -> look(file, labels.get(file.label())))) {
      files.forEachRemaining(
          each -> {
            int index = opened.size();
            String place = listing.files().get(index).path().toString();
            each.fault().ifPresent(fault -> quarantine.add(index, place, fault));
            opened.add(each);
            progress.stepTo(opened.size());
          });
    }
    quarantine.check();
    ImageFolder pictures = new ImageFolder(listing, opened, quarantine);
    List<Optional<Part>> parts = listing.files().stream().map(PictureFile::part).toList();
    List<Optional<Part>> apart = keptApart(parts, opened);
    List<Note> notes = new ArrayList<>(listing.notes());
    long moved = IntStream.range(0, count).filter(i -> !parts.get(i).equals(apart.get(i))).count();
    if (moved > 0) {
      notes.add(Note.of(Note.Kind.MOVED, path, moved, count));
    }
    return new DataSet(
        listing.name(),
        pictures,
        apart,
        Text.of("%s: %,d pictures in %d classes", path, count, listing.classes().size()),
        notes);
  }

  private static Opened look(PictureFile file, int label) {
    String hash = NO_HASH;
    try {
      PictureReader.Header header = PictureReader.header(file.path());
      hash = Hash.Algorithm.SHA256.of(file.path()).hex();
      return new Opened(label, hash, header.width(), header.height(), Optional.empty());
    } catch (Unreadable e) {
      return new Opened(label, hash, 0, 0, Optional.of(e.reason()));
    } catch (IOException e) {
      String reason = Reason.sentence("can't be read: " + e.getMessage());
      return new Opened(label, hash, 0, 0, Optional.of(reason));
    }
  }

  private static List<Optional<Part>> keptApart(List<Optional<Part>> parts, List<Opened> opened) {
    Map<String, Part> farthest = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      String hash = opened.get(i).hash();
      parts
          .get(i)
          .filter(part -> !hash.equals(NO_HASH))
          .ifPresent(part -> farthest.merge(hash, part, (a, b) -> a.compareTo(b) > 0 ? a : b));
    }
    return IntStream.range(0, parts.size())
        .mapToObj(i -> parts.get(i).map(part -> farthest.getOrDefault(opened.get(i).hash(), part)))
        .toList();
  }

  @Override
  public List<String> classes() {
    return listing.classes();
  }

  @Override
  public int size() {
    return opened.size();
  }

  @Override
  public int label(int index) {
    return opened.get(index).label();
  }

  @Override
  public String hash(int index) {
    return opened.get(index).hash();
  }

  @Override
  public Optional<PictureFile> file(int index) {
    return Optional.of(listing.files().get(index));
  }

  @Override
  public int width(int index) {
    return opened.get(index).width();
  }

  @Override
  public int height(int index) {
    return opened.get(index).height();
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
      Hash content = new Hash(Hash.Algorithm.SHA256, hash(index));
      return Optional.of(PictureReader.read(listing.files().get(index).path(), content, leasts));
    } catch (Unreadable e) {
      quarantine.add(index, place(index), e.reason());
      return Optional.empty();
    }
  }
}
