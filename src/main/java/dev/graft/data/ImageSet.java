package dev.graft.data;

import dev.graft.picture.Picture;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Labelled pictures in a fixed order. */
public interface ImageSet {
  /** The names of the classes, in the order of their labels. */
  List<String> classes();

  /** The number of pictures. */
  int size();

  /** The place of a picture's class in {@link #classes}. */
  int label(int index);

  /**
   * What a picture is known by, wherever it lies and whatever it is called: the SHA-256 of its
   * content, as 64 lower-case hexadecimal digits.
   */
  String hash(int index);

  /** A picture's shorter side, in pixels, as far as it is known without decoding it; else 0. */
  int shorterSide(int index);

  /** A picture's own file, as it was listed; empty where a file holds many. */
  Optional<PictureFile> file(int index);

  /**
   * Whether these are somebody's own files, one a picture: only then may some be unreadable, and
   * only then do places tell people anything.
   */
  default boolean areFiles() {
    return size() > 0 && file(0).isPresent();
  }

  /** Where a picture is, for people: a path, or its number in a file of many. */
  default String place(int index) {
    return file(index).map(file -> file.path().toString()).orElse("picture " + index);
  }

  /**
   * A picture in several reductions, decoded once, anew at each call, by several threads at once if
   * need be.
   *
   * @param leasts for each, a larger picture may be given reduced, but with no side shorter than
   *     this, and always by the same factor; 0 for its full size
   * @return empty if it can't be read, or has changed since it was hashed; {@link #quarantine} has
   *     the reason then
   */
  Optional<List<Picture>> read(int index, int[] leasts);

  /** A picture in one reduction, likewise. */
  default Optional<Picture> read(int index, int least) {
    return read(index, new int[] {least}).map(pictures -> pictures.get(0));
  }

  /** The pictures that are known so far to be unreadable. */
  Quarantine quarantine();

  /** All pictures but those in quarantine, ascending. */
  default IntStream readable() {
    return IntStream.range(0, size()).filter(i -> !quarantine().contains(i));
  }

  /** The labels of some pictures. */
  default int[] labels(int[] indices) {
    return IntStream.of(indices).map(this::label).toArray();
  }
}
