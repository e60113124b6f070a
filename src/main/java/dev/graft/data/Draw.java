package dev.graft.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Draws pictures from others, the same ones from the same seed on every machine. */
public final class Draw {
  private Draw() {}

  /**
   * Holds out the same share of every class, drawn at random.
   *
   * <p>As many are held out in all as the fraction says, rounded, but at least one of each class
   * that has two or more; the classes whose share leaves the largest remainder get the pictures
   * that rounding leaves (of equals, the first). A class keeps at least one of its pictures. Groups
   * are held out as a whole, or not at all, which may change the numbers a little.
   *
   * @param candidates pictures to choose from, ascending
   * @param labels of all pictures, from 0
   * @param groups of all pictures
   * @param fraction of each class that is held out, in (0, 1)
   * @param seed the same seed draws the same pictures on every machine
   * @return those held out, ascending
   */
  public static int[] stratified(
      int[] candidates, int[] labels, int[] groups, double fraction, long seed) {
    requireFraction(fraction);
    int[][] members = byClass(candidates, labels);
    int[] left = Arrays.stream(members).mapToInt(m -> m.length).toArray();
    int[] quota = quotas(left, fraction);
    Groups groupMembers = Groups.of(candidates, i -> groups[i]);
    boolean[] heldOut = new boolean[labels.length];
    Random random = new Random(seed);
    for (int c = 0; c < members.length; c++) {
      shuffle(members[c], random);
      int wanted = quota[c];
      for (int i : members[c]) {
        int[] group = groupMembers.of(groups[i]);
        if (countOf(c, group, labels) <= quota[c]) {
          takeGroup(group, labels, quota, left, heldOut);
        }
      }
      if (wanted > 0 && quota[c] == wanted) {
        // Every group is larger than the share; the smallest that can be spared is nearest to it.
        List<int[]> bySize =
            IntStream.of(members[c])
                .mapToObj(i -> groupMembers.of(groups[i]))
                .sorted(Comparator.comparingInt(group -> group.length)) // stable
                .toList();
        for (int i = 0; i < bySize.size() && quota[c] == wanted; i++) {
          takeGroup(bySize.get(i), labels, quota, left, heldOut);
        }
      }
    }
    return IntStream.of(candidates).filter(i -> heldOut[i]).toArray();
  }

  private static long countOf(int c, int[] group, int[] labels) {
    return IntStream.of(group).filter(i -> labels[i] == c).count();
  }

  /** Holds out a group, unless it is held out already or is all that is left of a class. */
  private static void takeGroup(
      int[] group, int[] labels, int[] quota, int[] left, boolean[] heldOut) {
    int[] count = new int[quota.length];
    for (int i : group) {
      if (heldOut[i]) {
        return;
      }
      count[labels[i]]++;
    }
    for (int i : group) {
      if (left[labels[i]] <= count[labels[i]]) {
        return;
      }
    }
    for (int i : group) {
      heldOut[i] = true;
      quota[labels[i]]--;
      left[labels[i]]--;
    }
  }

  /**
   * Holds out the last pictures as they lie, as Keras's {@code validation_split} does: training
   * pictures are the first {@code floor(n * (1 - fraction))}.
   *
   * @param candidates pictures to choose from, ascending
   * @param fraction that is held out, in (0, 1)
   */
  public static int[] last(int[] candidates, double fraction) {
    requireFraction(fraction);
    int train = (int) Math.floor(candidates.length * (1 - fraction));
    return Arrays.copyOfRange(candidates, train, candidates.length);
  }

  /**
   * Deals pictures out to folds for cross-validation, each class evenly, groups as a whole.
   *
   * @param candidates pictures to deal out, ascending
   * @param labels of all pictures
   * @param groups of all pictures
   * @param folds how many, at least 2
   * @return the pictures of each fold, ascending
   */
  public static List<int[]> folds(
      int[] candidates, int[] labels, int[] groups, int folds, long seed) {
    int[][] members = byClass(candidates, labels);
    Groups groupMembers = Groups.of(candidates, i -> groups[i]);
    int[][] count = new int[folds][members.length];
    int[] total = new int[folds];
    int[] foldOf = new int[labels.length];
    Arrays.fill(foldOf, -1);
    Random random = new Random(seed);
    for (int c = 0; c < members.length; c++) {
      int label = c;
      shuffle(members[c], random);
      for (int i : members[c]) {
        if (foldOf[i] < 0) {
          // The emptiest in this class, then in all: small classes don't all begin at the first.
          int fold =
              IntStream.range(0, folds)
                  .boxed()
                  .min(
                      Comparator.<Integer>comparingInt(f -> count[f][label])
                          .thenComparingInt(f -> total[f]))
                  .orElseThrow();
          for (int each : groupMembers.of(groups[i])) {
            foldOf[each] = fold;
            count[fold][labels[each]]++;
            total[fold]++;
          }
        }
      }
    }
    return IntStream.range(0, folds)
        .mapToObj(fold -> IntStream.of(candidates).filter(i -> foldOf[i] == fold).toArray())
        .toList();
  }

  private static int[][] byClass(int[] candidates, int[] labels) {
    int classes = IntStream.of(candidates).map(i -> labels[i]).max().orElse(-1) + 1;
    int[][] members = new int[classes][];
    for (int c = 0; c < classes; c++) {
      int label = c;
      members[c] = IntStream.of(candidates).filter(i -> labels[i] == label).toArray();
    }
    return members;
  }

  /** How many of each class to hold out, by the largest remainder. */
  private static int[] quotas(int[] sizes, double fraction) {
    int total = Arrays.stream(sizes).sum();
    int[] quota = new int[sizes.length];
    double[] remainder = new double[sizes.length];
    for (int c = 0; c < sizes.length; c++) {
      double share = sizes[c] * fraction;
      quota[c] = Math.min(Math.max(1, (int) share), Math.max(0, sizes[c] - 1));
      remainder[c] = share - quota[c];
    }
    long open = Math.round(total * fraction) - Arrays.stream(quota).sum();
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
  public static void shuffle(int[] values, Random random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private static void requireFraction(double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException("fraction to hold out must be in (0, 1), was " + fraction);
    }
  }
}
