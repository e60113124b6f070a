package dev.graft.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** A seeded, stratified sampler: the same seed samples the same images on every machine. */
public final class StratifiedSampler {
  private StratifiedSampler() {}

  /**
   * Holds out the same share of every class, sampled at random.
   *
   * <p>The total is the fraction of all candidates, rounded, but at least one of each class that
   * has two or more. Rounding is by the largest remainder; among equal remainders, the first class
   * wins. At least one image of a class is never held out. Groups are held out as a whole or not at
   * all, which may change the numbers slightly.
   *
   * @param candidates images to choose from, ascending
   * @param labels of all images, from 0
   * @param groups of all images
   * @param fraction of each class that is held out, in (0, 1)
   * @return the held-out images, ascending
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
      Set<Integer> seen = new HashSet<>(); // a group that was refused once is refused again
      for (int i : members[c]) {
        if (seen.add(groups[i])) {
          int[] group = groupMembers.of(groups[i]);
          if (countOf(c, group, labels) <= quota[c]) {
            takeGroup(group, labels, quota, left, heldOut);
          }
        }
      }
      if (wanted > 0 && quota[c] == wanted) {
        // Every group is larger than the share: take the smallest one, which is nearest to it.
        List<int[]> bySize =
            IntStream.of(members[c])
                .map(i -> groups[i])
                .distinct()
                .mapToObj(groupMembers::of)
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

  /** Holds out a group, unless it is already held out or is all that is left of a class. */
  private static void takeGroup(
      int[] group, int[] labels, int[] quota, int[] left, boolean[] heldOut) {
    Map<Integer, Integer> count = new HashMap<>();
    for (int i : group) {
      if (heldOut[i]) {
        return;
      }
      count.merge(labels[i], 1, Integer::sum);
    }
    if (count.entrySet().stream().anyMatch(each -> left[each.getKey()] <= each.getValue())) {
      return;
    }
    for (int i : group) {
      heldOut[i] = true;
      quota[labels[i]]--;
      left[labels[i]]--;
    }
  }

  /**
   * Holds out the last images in listing order, as Keras's {@code validation_split} does: the
   * training images are the first {@code floor(n * (1 - fraction))}.
   *
   * @param candidates images to choose from, ascending
   * @param fraction that is held out, in (0, 1)
   */
  public static int[] last(int[] candidates, double fraction) {
    requireFraction(fraction);
    int train = (int) Math.floor(candidates.length * (1 - fraction));
    return Arrays.copyOfRange(candidates, train, candidates.length);
  }

  /**
   * Distributes images over folds for cross-validation, each class evenly, groups as a whole.
   *
   * @param candidates images to distribute, ascending
   * @param labels of all images
   * @param groups of all images
   * @param folds the number of folds, at least 2
   * @return the images of each fold, ascending
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
          // The emptiest fold of this class, then overall, so that small classes do not all
          // start at the first fold.
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
    Groups members = Groups.of(candidates, i -> labels[i]);
    return IntStream.range(0, classes).mapToObj(members::of).toArray(int[][]::new);
  }

  /** Returns how many images of each class to hold out, by the largest remainder. */
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

  /**
   * Shuffles (Fisher-Yates). {@link Random}'s sequence is specified; the JDK's shuffling is not.
   */
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
