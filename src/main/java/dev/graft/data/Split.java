package dev.graft.data;

import dev.graft.GraftException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
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
    requireEnough(data, train, groups, LEAST - 2 + drawn);
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
      forTest = stratified(train, data.labels(), groups, test, seed);
      train = without(train, forTest);
    }
    if (!data.has(Part.VALIDATION)) {
      forValidation = holdOut.from(train, validation);
      train = without(train, forValidation);
    }
    if (forTest.length == 0 || forValidation.length == 0) {
      throw new GraftException(
          "data: no picture of "
              + data.name()
              + (forTest.length == 0 ? " is left for the test" : " is left for validation")
              + "; add pictures, or repair those that can't be read.");
    }
    return new Split(train, forValidation, forTest);
  }

  /**
   * For people: which classes are missing from the pictures that are held out. That can be in parts
   * that were given, and where pictures that must stay together tie classes to each other.
   */
  public List<String> gaps(DataSet data) {
    List<String> lines = new ArrayList<>();
    gap(data, validation, "validation", "when to stop does not depend on them")
        .ifPresent(lines::add);
    gap(data, test, "test", "the figures do not tell how well they are recognised")
        .ifPresent(lines::add);
    return lines;
  }

  private static Optional<String> gap(DataSet data, int[] part, String name, String sequel) {
    List<String> missing = new ArrayList<>(data.classes());
    int[] found = IntStream.of(part).map(data.pictures()::label).distinct().toArray();
    IntStream.of(found).mapToObj(data.classes()::get).forEach(missing::remove);
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Split: no %s pictures of %s; %s".formatted(name, Listing.few(missing), sequel));
  }

  private static void requireEnough(DataSet data, int[] candidates, int[] groups, int least) {
    int[] different = different(data, candidates, groups);
    List<String> few = new ArrayList<>();
    for (int c = 0; c < different.length; c++) {
      if (different[c] < least) {
        few.add(data.classes().get(c) + " has " + different[c]);
      }
    }
    if (!few.isEmpty()) {
      throw new GraftException(
          "data: every class needs %d different readable pictures to train and to judge by, but %s."
              .formatted(
                  least,
                  String.join(", ", few.subList(0, Math.min(5, few.size())))
                      + (few.size() > 5
                          ? ", and " + (few.size() - 5) + " more have too few"
                          : "")));
    }
  }

  /** In how many groups each class's candidates are. */
  static int[] different(DataSet data, int[] candidates, int[] groups) {
    List<Set<Integer>> different = new ArrayList<>();
    data.classes().forEach(each -> different.add(new HashSet<>()));
    for (int i : candidates) {
      different.get(data.pictures().label(i)).add(groups[i]);
    }
    return different.stream().mapToInt(Set::size).toArray();
  }

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
    Map<Integer, List<Integer>> groupMembers = byGroup(candidates, groups);
    boolean[] heldOut = new boolean[labels.length];
    Random random = new Random(seed);
    for (int c = 0; c < members.length; c++) {
      shuffle(members[c], random);
      int wanted = quota[c];
      for (int i : members[c]) {
        List<Integer> group = groupMembers.get(groups[i]);
        if (countOf(c, group, labels) <= quota[c]) {
          takeGroup(group, labels, quota, left, heldOut);
        }
      }
      if (wanted > 0 && quota[c] == wanted) {
        // Every group is larger than the share; the smallest that can be spared is nearest to it.
        List<List<Integer>> bySize =
            IntStream.of(members[c])
                .mapToObj(i -> groupMembers.get(groups[i]))
                .sorted(Comparator.comparingInt(List::size)) // stable
                .toList();
        for (int i = 0; i < bySize.size() && quota[c] == wanted; i++) {
          takeGroup(bySize.get(i), labels, quota, left, heldOut);
        }
      }
    }
    return IntStream.of(candidates).filter(i -> heldOut[i]).toArray();
  }

  private static long countOf(int c, List<Integer> group, int[] labels) {
    return group.stream().filter(i -> labels[i] == c).count();
  }

  /** Holds out a group, unless it is held out already or is all that is left of a class. */
  private static void takeGroup(
      List<Integer> group, int[] labels, int[] quota, int[] left, boolean[] heldOut) {
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
    Map<Integer, List<Integer>> groupMembers = byGroup(candidates, groups);
    int[][] count = new int[folds][members.length];
    int[] total = new int[folds];
    Map<Integer, Integer> foldOf = new HashMap<>();
    Random random = new Random(seed);
    for (int c = 0; c < members.length; c++) {
      int label = c;
      shuffle(members[c], random);
      for (int i : members[c]) {
        if (!foldOf.containsKey(i)) {
          // The emptiest in this class, then in all: small classes don't all begin at the first.
          int fold =
              IntStream.range(0, folds)
                  .boxed()
                  .min(
                      Comparator.<Integer>comparingInt(f -> count[f][label])
                          .thenComparingInt(f -> total[f]))
                  .orElseThrow();
          for (int each : groupMembers.get(groups[i])) {
            foldOf.put(each, fold);
            count[fold][labels[each]]++;
            total[fold]++;
          }
        }
      }
    }
    return IntStream.range(0, folds)
        .mapToObj(fold -> IntStream.of(candidates).filter(i -> foldOf.get(i) == fold).toArray())
        .toList();
  }

  /** Each picture a group of its own. */
  public static int[] noGroups(int pictures) {
    return IntStream.range(0, pictures).toArray();
  }

  /** Those of some pictures that are not among others, in their order. */
  public static int[] without(int[] pictures, int[] others) {
    int[] sorted = sorted(others.clone());
    return IntStream.of(pictures).filter(i -> Arrays.binarySearch(sorted, i) < 0).toArray();
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

  private static Map<Integer, List<Integer>> byGroup(int[] candidates, int[] groups) {
    Map<Integer, List<Integer>> members = new HashMap<>();
    for (int i : candidates) {
      members.computeIfAbsent(groups[i], group -> new ArrayList<>(1)).add(i);
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
  private static void shuffle(int[] values, Random random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private static int[] sorted(int[] values) {
    Arrays.sort(values);
    return values;
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private static void requireFraction(double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException("fraction to hold out must be in (0, 1), was " + fraction);
    }
  }
}
