package dev.graft.data;

import dev.graft.picture.Picture;
import java.util.List;
import java.util.Optional;

/** Labelled pictures in a fixed order. */
public sealed interface ImageSet permits Cifar10, ImageFolder {
  /** The names of the classes, in the order of their labels. */
  List<String> classes();

  /** The number of pictures. */
  int size();

  /**
   * The place of a picture's class in {@link #classes}.
   *
   * @param index from 0 to {@code size() - 1}
   */
  int label(int index);

  /**
   * What a picture is known by, wherever it lies and whatever it is called: the SHA-256 of its
   * content, as 64 lower-case hexadecimal digits.
   */
  String hash(int index);

  /** Where a picture is, for people: a path, or its number in a file of many. */
  String place(int index);

  /** Width in pixels, as far as it is known without reading the picture; else 0. */
  int width(int index);

  /** Height in pixels, likewise. */
  int height(int index);

  /**
   * What near-duplicates are found by; reads the picture, unless that was done before.
   *
   * @return empty if it can't be read
   */
  Optional<Fingerprint> fingerprint(int index);

  /**
   * A picture, read anew at each call, by several threads at once if need be.
   *
   * @param least a larger picture may be given reduced, but with no side shorter than this; 0 for
   *     its full size
   * @return empty if it can't be read; {@link #quarantine} has the reason then
   */
  Optional<Picture> read(int index, int least);

  /** The pictures that are known so far to be unreadable. */
  Quarantine quarantine();

  /** The labels of some pictures. */
  default int[] labels(int[] indices) {
    int[] labels = new int[indices.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = label(indices[i]);
    }
    return labels;
  }
}
