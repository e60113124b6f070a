package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.GraftException.Code;
import dev.graft.io.Csv;
import dev.graft.io.Hash;
import dev.graft.util.PathText;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A split as a manifest, {@code path,label,split,sha256}: training on it repeats the split, and
 * {@code evaluate} finds the run's own test images by it.
 */
public final class SplitCsv {
  private SplitCsv() {}

  /** The name of this file in a run's folder. */
  public static final String NAME = "split.csv";

  /** The column of content hashes, which identify moved images. */
  static final String SHA256 = "sha256";

  /** Returns the rows for a split of image files: header, training, validation, test. */
  public static Stream<String> of(ImageSet images, Split split) {
    return Stream.of(
            Stream.of(Csv.row(List.of("path", "label", "split", SHA256))),
            rows(images, split.train(), Part.TRAIN),
            rows(images, split.validation(), Part.VALIDATION),
            rows(images, split.test(), Part.TEST))
        .flatMap(rows -> rows);
  }

  private static Stream<String> rows(ImageSet images, int[] indices, Part part) {
    return IntStream.of(indices)
        .mapToObj(
            i -> {
              String label = images.classes().get(images.label(i));
              return Csv.row(List.of(images.path(i), label, part.word(), images.hash(i)));
            });
  }

  /**
   * Returns the SHA-256 of each image of a part. Earlier versions wrote no hashes; then files that
   * still exist are hashed.
   *
   * @param file as {@link #of} wrote it
   * @throws GraftException if the file is damaged
   */
  public static Set<String> hashes(Path file, Part part) {
    Set<String> hashes = new HashSet<>();
    ManifestRows.read(
        file,
        ReadingRules.DEFAULT,
        row -> {
          if (row.split().equals(part.word())) {
            (row.sha256().isEmpty() ? hash(row.path()) : Optional.of(row.sha256()))
                .ifPresent(hashes::add);
          }
        });
    return hashes;
  }

  private static Optional<String> hash(String path) {
    try {
      return Optional.of(Hash.Algorithm.SHA256.of(Path.of(path)).hex());
    } catch (IOException | InvalidPathException e) {
      return Optional.empty(); // gone
    }
  }

  /**
   * The images of a part, found again.
   *
   * @param indices the images that exist and are readable, in the order of the file
   * @param lost images that are missing, unreadable, changed or in another class now
   */
  @SuppressWarnings("ArrayRecordComponent") // one per command, never compared
  public record Located(int[] indices, List<Path> lost) {}

  /**
   * Finds the images of a part in the current data: by path, label and content, else by label and
   * content alone, since an image may have another name now. Earlier versions wrote no hashes; then
   * path and label decide.
   *
   * @param file as {@link #of} wrote it
   * @param count number of images of the part when the file was written; empty if not known
   * @throws GraftException if none is left, or if the file is damaged
   */
  public static Located find(Path file, DataSet data, Part part, OptionalInt count) {
    boolean isEmpty = file.toFile().length() == 0;
    List<ImageFile> wanted =
        (isEmpty ? List.<ImageFile>of() : Manifest.files(file))
            .stream().filter(each -> each.part().equals(Optional.of(part))).toList();
    if (isEmpty || wanted.size() != count.orElse(wanted.size())) {
      throw GraftException.of(
              "%s is damaged: it names %s of the run's %s%s; put it back, or name other images.",
              file,
              wanted.size(),
              count.isPresent() ? count.getAsInt() + " " : "",
              part.word() + " images")
          .withCode(Code.DATA);
    }
    Map<Path, String> hashes = hashesByPath(file);
    List<Integer> found = inPlace(wanted, hashes, data);
    Set<Integer> taken = new HashSet<>(found);
    Map<Content, Deque<Integer>> renamed = new HashMap<>();
    if (taken.contains(null) && !hashes.isEmpty()) {
      data.images()
          .readable()
          .filter(i -> !taken.contains(i))
          .forEach(
              i ->
                  renamed
                      .computeIfAbsent(Content.of(data, i), content -> new ArrayDeque<>())
                      .add(i));
    }
    List<Path> lost = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      if (found.get(i) == null) {
        ImageFile each = wanted.get(i);
        Content content = new Content(each.label(), hashes.get(absolute(each.path())));
        found.set(i, renamed.getOrDefault(content, new ArrayDeque<>()).poll());
        if (found.get(i) == null) {
          lost.add(each.path());
        }
      }
    }
    if (lost.size() == wanted.size()) {
      throw GraftException.of(
              "None of the %s %s images that %s names exists, is readable and is unchanged; name"
                  + " other images.",
              lost.size(), part.word(), file)
          .withCode(Code.DATA);
    }
    return new Located(
        found.stream().filter(Objects::nonNull).mapToInt(Integer::intValue).toArray(), lost);
  }

  /** The label and hash that identify a renamed image. */
  private record Content(String label, String hash) {
    static Content of(DataSet data, int image) {
      ImageSet images = data.images();
      return new Content(data.classes().get(images.label(image)), images.hash(image));
    }
  }

  /** Returns the SHA-256 of each image that has one in the file. */
  private static Map<Path, String> hashesByPath(Path file) {
    Map<Path, String> hashes = new HashMap<>();
    ManifestRows.read(
        file,
        ReadingRules.DEFAULT,
        row -> {
          if (!row.sha256().isEmpty()) {
            hashes.put(absolute(Path.of(row.path())), row.sha256());
          }
        });
    return hashes;
  }

  /** Returns the index of each image with the same path, label and content; null for others. */
  private static List<Integer> inPlace(
      List<ImageFile> wanted, Map<Path, String> hashes, DataSet data) {
    ImageSet images = data.images();
    Map<Path, Integer> places = new HashMap<>();
    images.readable().forEach(i -> images.file(i).ifPresent(each -> places.put(absolute(each), i)));
    List<Integer> found = new ArrayList<>();
    for (ImageFile each : wanted) {
      Path path = absolute(each.path());
      Integer place = places.get(path);
      boolean same =
          place != null
              && data.classes().get(images.label(place)).equals(each.label())
              && hashes.getOrDefault(path, images.hash(place)).equals(images.hash(place));
      found.add(same ? place : null);
    }
    return found;
  }

  private static Path absolute(Path path) {
    return PathText.absolute(path);
  }
}
