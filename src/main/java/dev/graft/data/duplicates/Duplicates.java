package dev.graft.data.duplicates;

import dev.graft.data.Groups;
import dev.graft.io.Firsts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Which pictures are the same, or nearly: rescaled, recompressed, brightened, recoloured. Pictures
 * go by their places in the lists that were given; places in a group ascend, and groups go by their
 * first.
 *
 * <p>Two pictures are nearly the same if their hashes differ in few bits and their thumbnails,
 * freed of their mean and of a linear gradient, correlate. Pictures that are flat or no more than a
 * gradient, as of a wall or the sky, are near to nothing: there is nothing to tell them by.
 * Nearness joins: if B is near to A and to C, then the three are one group.
 */
public final class Duplicates {
  /**
   * Seven bits of 64, spread over eight bytes, leave one byte equal: candidates are looked for
   * among the pictures with an equal byte.
   */
  private static final int MOST_BITS = 7;

  /**
   * Chosen on CIFAR-10: of the 252 groups above it 80 were drawn and looked at, and none joined two
   * subjects, and at 0.92 chains of look-alikes begin. With the limit on bits it finds 99 of 100
   * copies rescaled by 2 %, brightened by a tenth, or saved as JPEG of quality 50.
   */
  private static final double LEAST_CORRELATION = 0.96;

  /** Standard deviation of a thumbnail's grey values that is more than the noise of a wall. */
  private static final double LEAST_DETAIL = 5;

  /**
   * How far to look among hashes with an equal byte, in their order. What this misses has another
   * byte to be found by; it keeps a million pictures with one such byte from taking for ever.
   */
  private static final int WINDOW = 4096;

  /** How many thumbnails to compare a picture's to, where thousands have one hash. */
  private static final int MOST_COMPARISONS = 128;

  /** Of each picture the first with its content. */
  private final int[] first;

  private final int[] parent;

  private Duplicates(int count) {
    first = IntStream.range(0, count).toArray();
    parent = first.clone();
  }

  /**
   * Looks for them.
   *
   * @param count how many pictures there are
   * @param contents a hash of each one's content; null for one like no other
   * @param fingerprints null where unknown; asked again for those that may be near to others
   */
  public static Duplicates among(
      int count, IntFunction<String> contents, IntFunction<Fingerprint> fingerprints) {
    Duplicates duplicates = new Duplicates(count);
    Firsts firsts = new Firsts(contents);
    int[] pictures = new int[count];
    long[] hashes = new long[count];
    int detailed = 0;
    for (int i = 0; i < count; i++) {
      duplicates.first[i] = contents.apply(i) == null ? i : firsts.of(i);
      if (duplicates.first[i] != i) {
        duplicates.join(duplicates.first[i], i);
        continue;
      }
      Fingerprint fingerprint = fingerprints.apply(i);
      if (fingerprint != null && Sketch.of(fingerprint).detail() >= LEAST_DETAIL) {
        pictures[detailed++] = i;
        hashes[i] = fingerprint.hash();
      }
    }
    duplicates.joinNear(
        ByHash.of(Arrays.copyOf(pictures, detailed), hashes),
        picture -> Sketch.of(fingerprints.apply(picture)));
    return duplicates;
  }

  /** Pictures with the same content, two or more a group. */
  public List<List<Integer>> identical() {
    return grouped(i -> first[i]);
  }

  /** Pictures that are the same or nearly, two or more a group. */
  public List<List<Integer>> alike() {
    return grouped(this::root);
  }

  /**
   * The groups of two or more.
   *
   * @param key of a picture, the first of its group
   */
  private List<List<Integer>> grouped(IntUnaryOperator key) {
    int[] size = new int[parent.length];
    for (int i = 0; i < size.length; i++) {
      size[key.applyAsInt(i)]++;
    }
    Map<Integer, List<Integer>> members = new LinkedHashMap<>();
    for (int i = 0; i < size.length; i++) {
      int group = key.applyAsInt(i);
      if (size[group] > 1) {
        members.computeIfAbsent(group, each -> new ArrayList<>()).add(i);
      }
    }
    return List.copyOf(members.values());
  }

  /** Those of them that are of two or more contents. */
  public List<List<Integer>> near() {
    return alike().stream()
        .filter(group -> group.stream().map(i -> first[i]).distinct().limit(2).count() > 1)
        .toList();
  }

  /**
   * A number for each picture, the same for those that are the same or nearly; from 0, in the order
   * of each group's first. Whoever splits pictures keeps those of a number together.
   */
  public int[] groups() {
    int[] numbers = new int[parent.length];
    int next = 0;
    for (int i = 0; i < numbers.length; i++) {
      int root = root(i); // the first of its group, so that it has its number
      numbers[i] = root == i ? next++ : numbers[root];
    }
    return numbers;
  }

  private int root(int picture) {
    int i = picture;
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }

  /** The smaller root becomes the root: it is the first of its group. */
  private void join(int a, int b) {
    int rootA = root(a);
    int rootB = root(b);
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }

  /**
   * Pictures by their hashes.
   *
   * @param hashes each once, ascending
   * @param groups of the pictures of each
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record ByHash(long[] hashes, Groups groups) {
    /**
     * Sorts.
     *
     * @param pictures ascending
     * @param hashes of all pictures, by their places
     */
    static ByHash of(int[] pictures, long[] hashes) {
      long[] distinct = IntStream.of(pictures).mapToLong(i -> hashes[i]).sorted().toArray();
      int count = 0;
      for (int i = 0; i < distinct.length; i++) {
        if (i == 0 || distinct[i] != distinct[i - 1]) {
          distinct[count++] = distinct[i];
        }
      }
      long[] sorted = Arrays.copyOf(distinct, count);
      return new ByHash(sorted, Groups.of(pictures, i -> Arrays.binarySearch(sorted, hashes[i])));
    }

    int[] of(long hash) {
      return groups.of(Arrays.binarySearch(hashes, hash));
    }
  }

  private void joinNear(ByHash byHash, IntFunction<Sketch> sketches) {
    int[] comparisons = new int[parent.length];
    long[] hashes = byHash.hashes();
    for (long hash : hashes) {
      int[] some = byHash.of(hash);
      joinNear(some, some, sketches, comparisons);
    }
    for (int turn = 0; turn < Long.SIZE; turn += Byte.SIZE) {
      // Turned so that the byte that has to be equal comes first, they lie together.
      long[] turned = new long[hashes.length];
      for (int i = 0; i < hashes.length; i++) {
        turned[i] = Long.rotateLeft(hashes[i], turn);
      }
      Arrays.sort(turned);
      for (int i = 0; i < turned.length; i++) {
        long hash = turned[i];
        int end = Math.min(turned.length, i + 1 + WINDOW);
        for (int j = i + 1; j < end && (hash ^ turned[j]) >>> (Long.SIZE - Byte.SIZE) == 0; j++) {
          if (Long.bitCount(hash ^ turned[j]) <= MOST_BITS) {
            joinNear(
                byHash.of(Long.rotateRight(hash, turn)),
                byHash.of(Long.rotateRight(turned[j], turn)),
                sketches,
                comparisons);
          }
        }
      }
    }
  }

  private void joinNear(int[] some, int[] others, IntFunction<Sketch> sketches, int[] comparisons) {
    for (int a : some) {
      Sketch sketch = null;
      for (int b : others) {
        if (comparisons[a] >= MOST_COMPARISONS) {
          break;
        }
        if (root(a) != root(b)) {
          comparisons[a]++;
          sketch = sketch == null ? sketches.apply(a) : sketch;
          if (sketch.correlation(sketches.apply(b)) >= LEAST_CORRELATION) {
            join(a, b);
          }
        }
      }
    }
  }

  /**
   * A thumbnail with what of it is mean and gradient: its coefficients for three functions on the
   * grid that are orthogonal and of norm 1, and the norm of what is left.
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Sketch(byte[] grey, double mean, double across, double down, double norm) {
    private static final int SIDE = Fingerprint.SIDE;

    /** Norm of the function 2 x - 15 on the grid. */
    private static final double SLOPE_NORM = Math.sqrt(SIDE * SIDE * (SIDE * SIDE - 1) / 3.0);

    static Sketch of(Fingerprint fingerprint) {
      byte[] grey = fingerprint.thumbnail();
      int sum = 0;
      int sumAcross = 0;
      int sumDown = 0;
      int squares = 0;
      for (int y = 0, i = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++, i++) {
          int value = grey[i] & 0xff;
          sum += value;
          sumAcross += value * (2 * x - SIDE + 1);
          sumDown += value * (2 * y - SIDE + 1);
          squares += value * value;
        }
      }
      double mean = (double) sum / SIDE;
      double across = sumAcross / SLOPE_NORM;
      double down = sumDown / SLOPE_NORM;
      double rest = squares - mean * mean - across * across - down * down;
      return new Sketch(grey, mean, across, down, Math.sqrt(Math.max(0, rest)));
    }

    /** Standard deviation of what is left, in grey values. */
    double detail() {
      return norm / SIDE;
    }

    /** Of what is left of both, in [-1, 1]. */
    double correlation(Sketch other) {
      int product = 0;
      for (int i = 0; i < grey.length; i++) {
        product += (grey[i] & 0xff) * (other.grey[i] & 0xff);
      }
      double rest = product - mean * other.mean - across * other.across - down * other.down;
      return rest / (norm * other.norm);
    }
  }
}
