package dev.graft.data;

import java.util.List;

/** Labelled pictures in a fixed order. */
public sealed interface ImageSet permits Cifar10 {
  /** Of the data as a whole, for folder names and reports, such as {@code cifar10}. */
  String name();

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
   * A picture, read or copied anew at each call.
   *
   * @param index from 0 to {@code size() - 1}
   */
  Picture picture(int index);

  /**
   * SHA-256 over class names, labels and pixels in order, as 64 lower-case hexadecimal digits: two
   * sets with the same hash train the same model, wherever their files came from.
   */
  String sha256();
}
