package dev.graft.data;

import dev.graft.image.RgbImage;
import dev.graft.util.PathText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Labeled images in a fixed order. */
public interface ImageSet {
  /** Returns the names of the classes, in the order of their labels. */
  List<String> classes();

  /** Returns the number of images. */
  int size();

  /** Returns the index of an image's class in {@link #classes}. */
  int label(int index);

  /**
   * Returns the SHA-256 of an image's content, as 64 lower-case hexadecimal digits. It identifies
   * the image, whatever its path.
   */
  String hash(int index);

  /** Returns an image's shorter side in pixels; 0 if unknown without decoding. */
  int shorterSide(int index);

  /** Returns an image's own file as it was listed; empty where one file holds many images. */
  default Optional<Path> file(int index) {
    return Optional.empty();
  }

  /**
   * Returns whether there is one file per image. Only then may images be unreadable, and only then
   * do places help a user.
   */
  default boolean areFiles() {
    return size() > 0 && file(0).isPresent();
  }

  /** Returns where an image is, for messages: a path, or its number in a file of many. */
  default String place(int index) {
    return file(index).map(PathText::of).orElse("image " + index);
  }

  /** Returns the same as {@link #place} for tables, with the absolute path of a file. */
  default String path(int index) {
    return file(index).map(PathText::absolute).map(PathText::of).orElseGet(() -> place(index));
  }

  /**
   * Decodes an image, and returns it in several reductions. Thread-safe.
   *
   * @param minSides the smallest side of each reduction: a larger image may be reduced, always by
   *     the same factor, to no less than this; 0 for full size
   * @return empty if the image is unreadable or has changed since it was hashed; {@link
   *     #quarantine} then has the reason
   */
  Optional<List<RgbImage>> read(int index, int[] minSides);

  /** Decodes an image in one reduction; see {@link #read(int, int[])}. */
  default Optional<RgbImage> read(int index, int minSide) {
    return read(index, new int[] {minSide}).map(images -> images.get(0));
  }

  /** Returns the images that are known so far to be unreadable. */
  Quarantine quarantine();

  /** Returns all images but those in quarantine, ascending. */
  default IntStream readable() {
    return IntStream.range(0, size()).filter(i -> !quarantine().contains(i));
  }

  /** Returns at most {@code max} of some indices, evenly spaced. */
  static int[] spread(int[] indices, int max) {
    int count = Math.min(indices.length, max);
    return IntStream.range(0, count)
        .map(i -> indices[(int) ((long) i * indices.length / count)])
        .toArray();
  }

  /** Returns the labels of some images. */
  default int[] labels(int[] indices) {
    return IntStream.of(indices).map(this::label).toArray();
  }
}
