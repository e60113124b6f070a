package dev.graft.data.duplicates;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
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

  private final List<String> contents;
  private final int[] parent;

  private Duplicates(List<String> contents) {
    this.contents = contents;
    this.parent = IntStream.range(0, contents.size()).toArray();
  }

  /**
   * Looks for them.
   *
   * @param contents a hash of each picture's content; null for one like no other
   * @param fingerprints null where unknown
   */
  public static Duplicates among(List<String> contents, List<Fingerprint> fingerprints) {
    if (contents.size() != fingerprints.size()) {
      throw new IllegalArgumentException(
          contents.size() + " contents, but " + fingerprints.size() + " fingerprints");
    }
    Duplicates duplicates = new Duplicates(new ArrayList<>(contents));
    Map<String, Integer> firsts = new HashMap<>();
    List<Sketch> sketches = new ArrayList<>();
    for (int i = 0; i < contents.size(); i++) {
      Integer first = contents.get(i) == null ? null : firsts.putIfAbsent(contents.get(i), i);
      if (first != null) {
        duplicates.join(first, i);
      } else if (fingerprints.get(i) != null) {
        Sketch sketch = Sketch.of(i, fingerprints.get(i));
        if (sketch.detail() >= LEAST_DETAIL) {
          sketches.add(sketch);
        }
      }
    }
    duplicates.joinNear(sketches);
    return duplicates;
  }

  /** Pictures with the same content, two or more a group. */
  public List<List<Integer>> identical() {
    return grouped(this::contentOf);
  }

  /** Pictures that are the same or nearly, two or more a group. */
  public List<List<Integer>> alike() {
    return grouped(this::root);
  }

  private List<List<Integer>> grouped(IntFunction<Object> key) {
    Map<Object, List<Integer>> members = new LinkedHashMap<>();
    for (int i = 0; i < parent.length; i++) {
      members.computeIfAbsent(key.apply(i), each -> new ArrayList<>()).add(i);
    }
    return members.values().stream().filter(group -> group.size() > 1).toList();
  }

  /** Those of them that are of two or more contents. */
  public List<List<Integer>> near() {
    return alike().stream()
        .filter(group -> group.stream().map(i -> contentOf(i)).distinct().limit(2).count() > 1)
        .toList();
  }

  private Object contentOf(int picture) {
    String content = contents.get(picture);
    return content == null ? picture : content;
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

  private void joinNear(List<Sketch> sketches) {
    Map<Long, List<Sketch>> byHash = sketches.stream().collect(Collectors.groupingBy(Sketch::hash));
    int[] comparisons = new int[parent.length];
    long[] hashes = byHash.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
    for (long hash : hashes) {
      joinNear(byHash.get(hash), byHash.get(hash), comparisons);
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
                byHash.get(Long.rotateRight(hash, turn)),
                byHash.get(Long.rotateRight(turned[j], turn)),
                comparisons);
          }
        }
      }
    }
  }

  private void joinNear(List<Sketch> some, List<Sketch> others, int[] comparisons) {
    for (Sketch a : some) {
      for (Sketch b : others) {
        if (comparisons[a.picture()] >= MOST_COMPARISONS) {
          break;
        }
        if (root(a.picture()) != root(b.picture())) {
          comparisons[a.picture()]++;
          if (a.correlation(b) >= LEAST_CORRELATION) {
            join(a.picture(), b.picture());
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
  private record Sketch(
      int picture, long hash, byte[] grey, double mean, double across, double down, double norm) {
    private static final int SIDE = Fingerprint.SIDE;

    /** Norm of the function 2 x - 15 on the grid. */
    private static final double SLOPE_NORM = Math.sqrt(SIDE * SIDE * (SIDE * SIDE - 1) / 3.0);

    static Sketch of(int picture, Fingerprint fingerprint) {
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
      return new Sketch(
          picture, fingerprint.hash(), grey, mean, across, down, Math.sqrt(Math.max(0, rest)));
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
