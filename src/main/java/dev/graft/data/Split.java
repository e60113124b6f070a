package dev.graft.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Which pictures are trained on and which are held out to decide by. The test pictures have no part
 * in it: they are a set of their own.
 *
 * @param train indices into the image set, ascending
 * @param validation the others, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // made once a run, and compared by nobody
public record Split(int[] train, int[] validation) {
  public Split {
    boolean[] seen = new boolean[train.length + validation.length];
    for (int index : concat(train, validation)) {
      if (index < 0 || index >= seen.length || seen[index]) {
        throw new IllegalArgumentException(
            "a split must have each index from 0 to %d once, index %d is out of range or twice there"
                .formatted(seen.length - 1, index));
      }
      seen[index] = true;
    }
  }

  /**
   * Holds out the same share of every class, drawn at random.
   *
   * <p>As many are held out in all as the fraction says, rounded, but at least one; the classes
   * whose share leaves the largest remainder get the pictures that rounding leaves (of equals, the
   * first). A class of two or more pictures keeps at least one of them for training, and a class of
   * one keeps that.
   *
   * @param labels of the pictures, in their order; from 0
   * @param fraction of each class that is held out, in (0, 1)
   * @param seed the same seed draws the same pictures on every machine
   */
  public static Split stratified(int[] labels, double fraction, long seed) {
    requireFraction(fraction);
    int classes = Arrays.stream(labels).max().orElse(-1) + 1;
    int[][] members = new int[classes][];
    for (int c = 0; c < classes; c++) {
      int label = c;
      members[c] = IntStream.range(0, labels.length).filter(i -> labels[i] == label).toArray();
    }
    int[] quota = quotas(Arrays.stream(members).mapToInt(m -> m.length).toArray(), fraction);
    Random random = new Random(seed);
    boolean[] heldOut = new boolean[labels.length];
    for (int c = 0; c < classes; c++) {
      shuffle(members[c], random);
      for (int i = 0; i < quota[c]; i++) {
        heldOut[members[c][i]] = true;
      }
    }
    return of(heldOut);
  }

  /**
   * Holds out the last pictures as they lie, as Keras's {@code validation_split} does: training
   * pictures are the first {@code floor(n * (1 - fraction))}.
   *
   * @param size the number of pictures
   * @param fraction that is held out, in (0, 1)
   */
  public static Split last(int size, double fraction) {
    requireFraction(fraction);
    int train = (int) Math.floor(size * (1 - fraction));
    return new Split(IntStream.range(0, train).toArray(), IntStream.range(train, size).toArray());
  }

  /** How many of each class to hold out, by the largest remainder. */
  private static int[] quotas(int[] sizes, double fraction) {
    int total = Arrays.stream(sizes).sum();
    int[] quota = new int[sizes.length];
    double[] remainder = new double[sizes.length];
    for (int c = 0; c < sizes.length; c++) {
      double share = sizes[c] * fraction;
      quota[c] = Math.min((int) share, Math.max(0, sizes[c] - 1));
      remainder[c] = share - quota[c];
    }
    long open = Math.max(1, Math.round(total * fraction)) - Arrays.stream(quota).sum();
    int[] byRemainder =
        IntStream.range(0, sizes.length)
            .boxed()
            .sorted(Comparator.comparingDouble(c -> -remainder[c])) // stable
            .mapToInt(Integer::intValue)
            .toArray();
    for (int c : byRemainder) {
      if (open > 0 && quota[c] < sizes[c] - 1) {
        quota[c]++;
        open--;
      }
    }
    return quota;
  }

  /** Fisher and Yates. {@link Random}'s sequence is specified; shuffling in the JDK is not. */
  private static void shuffle(int[] values, Random random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private static Split of(boolean[] heldOut) {
    return new Split(
        IntStream.range(0, heldOut.length).filter(i -> !heldOut[i]).toArray(),
        IntStream.range(0, heldOut.length).filter(i -> heldOut[i]).toArray());
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private static void requireFraction(double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException("validation fraction must be in (0, 1), was " + fraction);
    }
  }
}
