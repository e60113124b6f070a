package dev.graft.data;

import dev.graft.io.Hash;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a run learns from and what it is judged by.
 *
 * @param name for folder names and reports, such as {@code cifar10}
 * @param pictures all of them
 * @param parts of each picture what it is for, empty where that is for Graft to draw
 * @param origin one line for the log: which copy of the data this is, where it was found, and why
 *     it was taken
 * @param notes about what was found and passed over
 */
public record DataSet(
    String name, ImageSet pictures, List<Optional<Part>> parts, String origin, List<Note> notes) {
  public DataSet {
    parts = List.copyOf(parts);
    notes = List.copyOf(notes);
    if (parts.size() != pictures.size()) {
      throw new IllegalArgumentException(
          parts.size() + " parts of " + pictures.size() + " pictures");
    }
  }

  /**
   * Pictures of which the first ones are for training and the others for the test.
   *
   * @param train how many are for training
   */
  static DataSet trainThenTest(String name, ImageSet pictures, int train, String origin) {
    List<Optional<Part>> parts =
        IntStream.range(0, pictures.size())
            .mapToObj(i -> Optional.of(i < train ? Part.TRAIN : Part.TEST))
            .toList();
    return new DataSet(name, pictures, parts, origin, List.of());
  }

  public List<String> classes() {
    return pictures.classes();
  }

  /** The readable pictures of a part, ascending; of those for Graft to draw if it is empty. */
  public int[] indices(Optional<Part> part) {
    return pictures.readable().filter(i -> parts.get(i).equals(part)).toArray();
  }

  /** Whether pictures of a part are among them. */
  public boolean has(Part part) {
    return parts.contains(Optional.of(part));
  }

  /** The labels of all pictures. */
  public int[] labels() {
    return pictures.labels(IntStream.range(0, pictures.size()).toArray());
  }

  /**
   * SHA-256 over class names and over label, part and content of every picture in order, as 64
   * lower-case hexadecimal digits: two sets with the same hash train the same model, wherever their
   * files lie. Computed anew at each call.
   */
  public String sha256() {
    Stream<String> rows =
        IntStream.range(0, pictures.size())
            .mapToObj(
                i ->
                    "\n"
                        + pictures.label(i)
                        + parts.get(i).map(Part::name).orElse("")
                        + pictures.hash(i));
    Stream<String> all = Stream.concat(Stream.of(String.join("\n", classes())), rows);
    return Hash.Algorithm.SHA256.of(all).hex();
  }

  /** How many readable pictures each class has. */
  public int[] support() {
    int[] support = new int[classes().size()];
    pictures.readable().forEach(i -> support[pictures.label(i)]++);
    return support;
  }

  /** How large the pictures are. */
  public Sides sides() {
    return Sides.of(pictures);
  }

  @Override
  public String toString() {
    return name + Arrays.toString(support());
  }
}
