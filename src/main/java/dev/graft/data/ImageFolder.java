package dev.graft.data;

import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.image.UnreadableImage;
import dev.graft.io.FirstOccurrences;
import dev.graft.io.Hash;
import dev.graft.io.ReadAhead;
import dev.graft.util.Messages;
import dev.graft.util.PathText;
import dev.graft.util.Progress;
import dev.graft.util.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A user's image files, of which only names, hashes and sizes are in memory. Graft never writes to
 * the files.
 */
public final class ImageFolder extends ImageColumns {
  /** Replaces the hash of a file that cannot be opened. */
  private static final String NO_HASH = "0".repeat(64);

  /** Number of files that are read ahead. */
  private static final int AHEAD = 64;

  private final FilePaths paths;

  /**
   * The result of reading a file's header.
   *
   * @param fault the rest of a sentence that begins with the path
   */
  private record Looked(ImageFile file, String hash, int shorterSide, Optional<String> fault) {}

  private ImageFolder(List<String> classes, int files, double maxBad) {
    super(classes, files, maxBad);
    paths = new FilePaths(files);
  }

  /**
   * Lists a folder or a manifest (see {@link Listing}), hashes every file and reads the image
   * headers.
   *
   * <p>An image whose content is in several given parts is moved to the part farthest from training
   * (validation, then test) wherever it occurs, so that no test image is trained on.
   *
   * @param maxBad the share of the files that may be unreadable, in [0, 1]
   * @param rules name the columns of a manifest, and the use of validation images without test
   *     images
   * @throws dev.graft.GraftException if there is nothing to train on, or if too many files are
   *     unreadable
   */
  public static DataSet open(
      Path path, double maxBad, ReadingRules rules, Progress.Display display) {
    Listing listed = Listing.of(path, rules);
    Listing listing = rules.validationIsTest() ? listed.withValidationAsTest(path) : listed;
    int count = listing.files().size();
    Map<String, Integer> labels = new HashMap<>();
    listing.classes().forEach(name -> labels.put(name, labels.size()));
    ImageFolder images = new ImageFolder(listing.classes(), count, maxBad);
    try (Progress progress = display.progress("reading image headers", "files", count);
        ReadAhead<ImageFile, Looked> files =
            new ReadAhead<>(
                ImageFileReader.threads(), AHEAD, listing.files().iterator(), ImageFolder::look)) {
      files.forEachRemaining(
          each -> {
            Path file = each.file().path();
            each.fault()
                .ifPresent(
                    fault -> images.quarantine().add(images.size(), PathText.of(file), fault));
            images.paths.add(file);
            images.add(labels.get(each.file().label()), each.hash(), each.shorterSide());
            progress.stepTo(images.size());
          });
    }
    images.quarantine().check();
    List<Optional<Part>> parts = listing.files().stream().map(ImageFile::part).toList();
    List<Optional<Part>> apart = keptApart(parts, images::hash);
    List<Note> notes = new ArrayList<>(listing.notes());
    long moved = IntStream.range(0, count).filter(i -> !parts.get(i).equals(apart.get(i))).count();
    if (moved > 0) {
      notes.add(Note.of(Note.Kind.MOVED, path, moved, count));
    }
    return new DataSet(
        listing.name(),
        images,
        apart,
        Text.of("%s: %,d images in %d classes", path, count, listing.classes().size()),
        notes);
  }

  private static Looked look(ImageFile file) {
    String fault;
    try {
      ImageFileReader.Header header = ImageFileReader.header(file.path());
      String hash = Hash.Algorithm.SHA256.of(file.path()).hex();
      int shorterSide = Math.min(header.width(), header.height());
      return new Looked(file, hash, shorterSide, Optional.empty());
    } catch (UnreadableImage e) {
      fault = e.reason();
    } catch (IOException e) {
      fault = Messages.sentence("can't be read: " + Messages.of(e));
    }
    return new Looked(file, NO_HASH, 0, Optional.of(fault));
  }

  /**
   * Moves each image whose content is in several given parts to the one farthest from training.
   *
   * @param hashes the content of each image
   */
  static List<Optional<Part>> keptApart(List<Optional<Part>> parts, IntFunction<String> hashes) {
    FirstOccurrences firsts = new FirstOccurrences(hashes);
    Part[] farthest = new Part[parts.size()]; // indexed by the first image with a content
    for (int i = 0; i < farthest.length; i++) {
      if (parts.get(i).isPresent() && !hashes.apply(i).equals(NO_HASH)) {
        Part part = parts.get(i).get();
        int first = firsts.of(i);
        Part before = farthest[first];
        farthest[first] = before == null || part.compareTo(before) > 0 ? part : before;
      }
    }
    return IntStream.range(0, farthest.length)
        .mapToObj(
            i -> {
              Part part = hashes.apply(i).equals(NO_HASH) ? null : farthest[firsts.of(i)];
              // An image without a part may be trained on, so a copy of a held-out image must not
              // stay there.
              return part == null || (parts.get(i).isEmpty() && part == Part.TRAIN)
                  ? parts.get(i)
                  : Optional.of(part);
            })
        .toList();
  }

  @Override
  public Optional<Path> file(int index) {
    return Optional.of(paths.get(index));
  }

  @Override
  public Optional<List<RgbImage>> read(int index, int[] minSides) {
    if (quarantine().contains(index)) {
      return Optional.empty();
    }
    try {
      Hash content = new Hash(Hash.Algorithm.SHA256, hash(index));
      return Optional.of(ImageFileReader.read(paths.get(index), content, minSides));
    } catch (UnreadableImage e) {
      quarantine().add(index, place(index), e.reason());
      return Optional.empty();
    }
  }
}
