package dev.graft.data;

import dev.graft.io.Hash;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The images of a run and their parts.
 *
 * @param name for folder names and reports, such as {@code cifar10}
 * @param images all images
 * @param parts the part of each image; empty where Graft samples the split
 * @param origin one line for the log: which copy of the data this is, where it was found, and why
 *     it was used
 * @param notes what was skipped, and what looks odd
 */
public record DataSet(
    String name, ImageSet images, List<Optional<Part>> parts, String origin, List<Note> notes) {
  public DataSet {
    parts = List.copyOf(parts);
    notes = List.copyOf(notes);
    if (parts.size() != images.size()) {
      throw new IllegalArgumentException(parts.size() + " parts of " + images.size() + " images");
    }
  }

  /**
   * Returns a data set whose first images are for training and whose others are for the test.
   *
   * @param train number of training images
   */
  static DataSet trainThenTest(String name, ImageSet images, int train, String origin) {
    List<Optional<Part>> parts =
        IntStream.range(0, images.size())
            .mapToObj(i -> Optional.of(i < train ? Part.TRAIN : Part.TEST))
            .toList();
    return new DataSet(name, images, parts, origin, List.of());
  }

  public List<String> classes() {
    return images.classes();
  }

  /**
   * Returns the readable images of a part, ascending; for an empty argument, those without a part.
   */
  public int[] indices(Optional<Part> part) {
    return images.readable().filter(i -> parts.get(i).equals(part)).toArray();
  }

  /** Returns whether there are images of a part. */
  public boolean has(Part part) {
    return parts.contains(Optional.of(part));
  }

  /** Returns the labels of all images. */
  public int[] labels() {
    return images.labels(IntStream.range(0, images.size()).toArray());
  }

  /**
   * Returns the SHA-256 of the class names and of the label, part and content of every image in
   * order, as 64 lower-case hexadecimal digits: two sets with the same hash train the same model,
   * wherever their files are. Computed at each call.
   */
  public String sha256() {
    Stream<String> rows =
        IntStream.range(0, images.size())
            .mapToObj(
                i ->
                    "\n"
                        + images.label(i)
                        + parts.get(i).map(Part::name).orElse("")
                        + images.hash(i));
    Stream<String> all = Stream.concat(Stream.of(String.join("\n", classes())), rows);
    return Hash.Algorithm.SHA256.of(all).hex();
  }

  /** Returns the number of readable images of each class. */
  public int[] support() {
    int[] support = new int[classes().size()];
    images.readable().forEach(i -> support[images.label(i)]++);
    return support;
  }

  /** Returns the sizes of the images. */
  public ImageSizes sizes() {
    return ImageSizes.of(images);
  }
}
