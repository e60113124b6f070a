package dev.graft.data;

import dev.graft.GraftException;
import dev.graft.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which pictures are trained on, which are held out to decide by, and which to judge by at the end.
 *
 * @param train indices into the image set, ascending
 * @param validation others, ascending
 * @param test others again, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // made once a run, and compared by nobody
public record Split(int[] train, int[] validation, int[] test) {
  /**
   * Pictures unlike each other that a class needs where all three parts are drawn: one for each of
   * them, so that each figure is about every class.
   */
  public static final int LEAST = 3;

  public Split {
    int[] all = concat(concat(train, validation), test);
    Arrays.sort(all);
    for (int i = 1; i < all.length; i++) {
      if (all[i] == all[i - 1]) {
        throw new IllegalArgumentException("picture " + all[i] + " is in two parts of a split");
      }
    }
  }

  /**
   * Checks that pictures can be split, see {@link #of}.
   *
   * @throws GraftException if a class has too few pictures of different groups
   */
  public static void check(DataSet data, int[] groups) {
    int[] undecided = data.indices(Optional.empty());
    int[] train = sorted(concat(data.indices(Optional.of(Part.TRAIN)), undecided));
    int drawn = (data.has(Part.VALIDATION) ? 0 : 1) + (data.has(Part.TEST) ? 0 : 1);
    int least = LEAST - 2 + drawn;
    int[] different = different(data, train, groups);
    List<String> few =
        IntStream.range(0, different.length)
            .filter(c -> different[c] < least)
            .mapToObj(c -> data.classes().get(c) + " has " + different[c])
            .toList();
    if (!few.isEmpty()) {
      throw GraftException.of(
          "data: every class needs %s different readable pictures to train and to judge by, but"
              + " %s.",
          least, Names.few(few));
    }
  }

  /** How pictures are held out of the training pictures. */
  public interface HoldOut {
    /**
     * Some of the candidates, ascending.
     *
     * @param candidates indices of pictures, ascending
     * @param fraction of them to hold out, in (0, 1)
     */
    int[] from(int[] candidates, double fraction);
  }

  /**
   * Splits what is not split already: the test pictures are held out first, if there are none, then
   * the validation pictures, if there are none.
   *
   * @param groups a number for each picture of the set; where parts are drawn, pictures of one
   *     number stay together
   * @param holdOut draws validation pictures
   * @param validation share of the training pictures that is kept for validation, in (0, 1)
   * @param test share of the pictures that is kept for the test, in (0, 1)
   * @param seed of the drawing of test pictures
   * @throws GraftException if a class has too few pictures of different groups, or if no picture is
   *     left for a part
   */
  public static Split of(
      DataSet data, int[] groups, HoldOut holdOut, double validation, double test, long seed) {
    int[] undecided = data.indices(Optional.empty());
    int[] train = sorted(concat(data.indices(Optional.of(Part.TRAIN)), undecided));
    int[] forValidation = data.indices(Optional.of(Part.VALIDATION));
    int[] forTest = data.indices(Optional.of(Part.TEST));
    check(data, groups);
    if (!data.has(Part.TEST)) {
      forTest = Draw.stratified(train, data.labels(), groups, test, seed);
      train = without(train, forTest);
    }
    if (!data.has(Part.VALIDATION)) {
      forValidation = holdOut.from(train, validation);
      train = without(train, forValidation);
    }
    if (forTest.length == 0 || forValidation.length == 0) {
      throw GraftException.of(
          "data: no picture of %s%s; add pictures, or repair those that can't be read.",
          data.name(), forTest.length == 0 ? " is left for the test" : " is left for validation");
    }
    return new Split(train, forValidation, forTest);
  }

  /** The classes of which no picture is among some. */
  public static List<String> missing(DataSet data, int[] part) {
    List<String> missing = new ArrayList<>(data.classes());
    IntStream.of(part)
        .map(data.pictures()::label)
        .distinct()
        .mapToObj(data.classes()::get)
        .forEach(missing::remove);
    return missing;
  }

  /** In how many groups each class's candidates are. */
  public static int[] different(DataSet data, int[] candidates, int[] groups) {
    long[] keys =
        IntStream.of(candidates)
            .mapToLong(i -> (long) data.pictures().label(i) << Integer.SIZE | groups[i])
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

  /** Those of some pictures that are not among others, in their order. */
  public static int[] without(int[] pictures, int[] others) {
    int[] sorted = sorted(others.clone());
    return IntStream.of(pictures).filter(i -> Arrays.binarySearch(sorted, i) < 0).toArray();
  }

  private static int[] sorted(int[] values) {
    Arrays.sort(values);
    return values;
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
