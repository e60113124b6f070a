package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.util.Names;
import dev.graft.util.Text;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A split into training, validation and test images.
 *
 * @param train indices into the image set, ascending
 * @param validation indices, ascending, disjoint from the others
 * @param test indices, ascending, disjoint from the others
 */
@SuppressWarnings("ArrayRecordComponent") // one per run, never compared
public record Split(int[] train, int[] validation, int[] test) {
  /**
   * Distinct images that a class needs where all three parts are sampled: one for each part, so
   * that each figure covers every class.
   */
  public static final int MIN_PER_CLASS = 3;

  public Split {
    int[] all = concat(concat(train, validation), test);
    Arrays.sort(all);
    for (int i = 1; i < all.length; i++) {
      if (all[i] == all[i - 1]) {
        throw new IllegalArgumentException("image " + all[i] + " is in two parts of a split");
      }
    }
  }

  /**
   * Checks that images can be split, see {@link #of}.
   *
   * @throws GraftException if a class has images of too few groups
   */
  public static void check(DataSet data, int[] groups) {
    tooFew(data, groups)
        .ifPresent(
            sentence -> {
              throw new GraftException("data: " + sentence);
            });
  }

  /** Returns a sentence about the classes that have images of too few groups, if any has. */
  public static Optional<String> tooFew(DataSet data, int[] groups) {
    int[] undecided = data.indices(Optional.empty());
    int[] train = sorted(concat(data.indices(Optional.of(Part.TRAIN)), undecided));
    int sampled = (data.has(Part.VALIDATION) ? 0 : 1) + (data.has(Part.TEST) ? 0 : 1);
    int min = MIN_PER_CLASS - 2 + sampled;
    int[] different = different(data, train, groups);
    List<String> few =
        IntStream.range(0, different.length)
            .filter(c -> different[c] < min)
            .mapToObj(c -> data.classes().get(c) + " has " + different[c])
            .toList();
    return few.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Text.of(
                "every class needs %s, for training and evaluation, but %s; add images, or leave"
                    + " such a class out.",
                Names.count(min, "different readable image"), Names.few(few)));
  }

  /** Holds images out of the training images. */
  public interface HoldOut {
    /**
     * Returns some of the candidates, ascending.
     *
     * @param candidates indices of images, ascending
     * @param fraction of them to hold out, in (0, 1)
     */
    int[] from(int[] candidates, double fraction);
  }

  /**
   * Splits the images without a part: holds out test images, then validation images, each only if
   * none are given.
   *
   * @param groups a number for each image of the set; images with the same number stay in one
   *     sampled part
   * @param holdOut samples the validation images
   * @param validation share of the training images that is held out for validation, in (0, 1)
   * @param test share of the images that is held out for the test, in (0, 1)
   * @param seed for sampling the test images
   * @throws GraftException if a class has images of too few groups, or a part would be empty
   */
  public static Split of(
      DataSet data, int[] groups, HoldOut holdOut, double validation, double test, long seed) {
    int[] undecided = data.indices(Optional.empty());
    int[] train = sorted(concat(data.indices(Optional.of(Part.TRAIN)), undecided));
    int[] forValidation = data.indices(Optional.of(Part.VALIDATION));
    int[] forTest = data.indices(Optional.of(Part.TEST));
    check(data, groups);
    if (!data.has(Part.TEST)) {
      forTest = StratifiedSampler.stratified(train, data.labels(), groups, test, seed);
      train = without(train, forTest);
    }
    if (!data.has(Part.VALIDATION)) {
      forValidation = holdOut.from(train, validation);
      train = without(train, forValidation);
    }
    if (forTest.length == 0 || forValidation.length == 0) {
      throw GraftException.of(
          "data: no image of %s%s; add images, or repair the unreadable ones.",
          data.name(), forTest.length == 0 ? " is left for the test" : " is left for validation");
    }
    return new Split(train, forValidation, forTest);
  }

  /** Returns the same split with the validation images among the training images. */
  public Split withoutValidation() {
    return new Split(sorted(concat(train, validation)), new int[0], test);
  }

  /** Returns the part that an image is in; empty if it is unreadable and so in none. */
  public Optional<Part> partOf(int image) {
    if (Arrays.binarySearch(train, image) >= 0) {
      return Optional.of(Part.TRAIN);
    }
    if (Arrays.binarySearch(validation, image) >= 0) {
      return Optional.of(Part.VALIDATION);
    }
    return Arrays.binarySearch(test, image) >= 0 ? Optional.of(Part.TEST) : Optional.empty();
  }

  /** Returns the classes that have no image in a part. */
  public static List<String> missing(DataSet data, int[] part) {
    BitSet present = new BitSet();
    IntStream.of(part).map(data.images()::label).forEach(present::set);
    return IntStream.range(0, data.classes().size())
        .filter(c -> !present.get(c))
        .mapToObj(data.classes()::get)
        .toList();
  }

  /** Returns the number of groups that each class's candidates are in. */
  public static int[] different(DataSet data, int[] candidates, int[] groups) {
    long[] keys =
        IntStream.of(candidates)
            .mapToLong(i -> (long) data.images().label(i) << Integer.SIZE | groups[i])
            .sorted()
            .toArray();
    int[] different = new int[data.classes().size()];
    for (int i = 0; i < keys.length; i++) {
      if (i == 0 || keys[i] != keys[i - 1]) {
        different[(int) (keys[i] >> Integer.SIZE)]++;
      }
    }
    return different;
  }

  /** Returns the images that are not among the others, in order. */
  public static int[] without(int[] images, int[] others) {
    int[] sorted = sorted(others.clone());
    return IntStream.of(images).filter(i -> Arrays.binarySearch(sorted, i) < 0).toArray();
  }

  private static int[] sorted(int[] values) {
    Arrays.sort(values);
    return values;
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
