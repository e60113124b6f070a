package dev.graft.data.duplicates;

import dev.graft.data.Groups;
import dev.graft.io.FirstOccurrences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Identical and nearly identical images: rescaled, recompressed, brightened, recolored. Images are
 * identified by index; indices in a group ascend, and groups are sorted by their first index.
 *
 * <p>Two images are near-duplicates if their hashes differ in few bits and their thumbnails,
 * without mean and linear gradient, correlate. Flat images and plain gradients, such as a wall or
 * the sky, are never near-duplicates: they lack detail to compare. Groups are transitive: if B is
 * near A and C, then the three are one group.
 */
public final class Duplicates {
  /**
   * If at most seven bits differ, at least one of the eight bytes is equal: candidates are the
   * images with an equal byte.
   */
  private static final int MAX_BITS = 7;

  /**
   * Chosen on CIFAR-10: of the 252 groups above it, 80 were sampled and inspected, and none joined
   * two subjects; at 0.92, chains of look-alikes begin. Together with the limit on bits it finds 99
   * of 100 copies that were rescaled by 2 %, brightened by 10 %, or saved as JPEG of quality 50.
   */
  private static final double MIN_CORRELATION = 0.96;

  /** Standard deviation of a thumbnail's gray values, above the noise of a blank wall. */
  private static final double MIN_DETAIL = 5;

  /**
   * How many of the sorted hashes with an equal byte to compare. It bounds the time for a million
   * images that share a byte; pairs beyond it can still be found by another byte.
   */
  private static final int WINDOW = 4096;

  /** Maximum thumbnail comparisons per image, where thousands share a hash. */
  private static final int MAX_COMPARISONS = 128;

  /** The first image with the content of each image. */
  private final int[] first;

  private final int[] parent;

  private Duplicates(int count) {
    first = IntStream.range(0, count).toArray();
    parent = first.clone();
  }

  /**
   * Finds the duplicates among images.
   *
   * @param count the number of images
   * @param contents returns a hash of an image's content; null for an image unlike any other
   * @param fingerprints returns null where unknown; called again for candidates
   */
  public static Duplicates among(
      int count, IntFunction<String> contents, IntFunction<Fingerprint> fingerprints) {
    Duplicates duplicates = new Duplicates(count);
    FirstOccurrences firsts = new FirstOccurrences(contents);
    int[] images = new int[count];
    long[] hashes = new long[count];
    int detailed = 0;
    for (int i = 0; i < count; i++) {
      duplicates.first[i] = contents.apply(i) == null ? i : firsts.of(i);
      if (duplicates.first[i] != i) {
        duplicates.join(duplicates.first[i], i);
        continue;
      }
      Fingerprint fingerprint = fingerprints.apply(i);
      if (fingerprint != null && Sketch.of(fingerprint).detail() >= MIN_DETAIL) {
        images[detailed++] = i;
        hashes[i] = fingerprint.hash();
      }
    }
    duplicates.joinNear(
        ByHash.of(Arrays.copyOf(images, detailed), hashes),
        image -> Sketch.of(fingerprints.apply(image)));
    return duplicates;
  }

  /** Returns groups of two or more images with the same content. */
  public List<List<Integer>> identical() {
    return grouped(i -> first[i]);
  }

  /** Returns groups of two or more identical or nearly identical images. */
  public List<List<Integer>> alike() {
    return grouped(this::root);
  }

  /**
   * Returns the groups of two or more.
   *
   * @param key returns the first image of an image's group
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

  /** Returns the groups of {@link #alike} that have two or more contents. */
  public List<List<Integer>> near() {
    return alike().stream()
        .filter(group -> group.stream().map(i -> first[i]).distinct().limit(2).count() > 1)
        .toList();
  }

  /**
   * Returns a group number for each image, from 0, in the order of each group's first image. A
   * split keeps the images of a group together.
   */
  public int[] groups() {
    int[] numbers = new int[parent.length];
    int next = 0;
    for (int i = 0; i < numbers.length; i++) {
      int root = root(i); // the first of its group, so it has a number already
      numbers[i] = root == i ? next++ : numbers[root];
    }
    return numbers;
  }

  private int root(int image) {
    int i = image;
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }

  /** Joins two groups. The smaller root stays: it is the first of its group. */
  private void join(int a, int b) {
    int rootA = root(a);
    int rootB = root(b);
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }

  /**
   * Images by hash.
   *
   * @param hashes distinct, ascending
   * @param groups the images with each hash
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record ByHash(long[] hashes, Groups groups) {
    /**
     * Sorts images by hash.
     *
     * @param images ascending
     * @param hashes of all images, by index
     */
    static ByHash of(int[] images, long[] hashes) {
      long[] distinct = IntStream.of(images).mapToLong(i -> hashes[i]).sorted().toArray();
      int count = 0;
      for (int i = 0; i < distinct.length; i++) {
        if (i == 0 || distinct[i] != distinct[i - 1]) {
          distinct[count++] = distinct[i];
        }
      }
      long[] sorted = Arrays.copyOf(distinct, count);
      return new ByHash(sorted, Groups.of(images, i -> Arrays.binarySearch(sorted, hashes[i])));
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
      // With the byte that must be equal rotated to the front, sorting makes candidates neighbors.
      long[] turned = new long[hashes.length];
      for (int i = 0; i < hashes.length; i++) {
        turned[i] = Long.rotateLeft(hashes[i], turn);
      }
      Arrays.sort(turned);
      for (int i = 0; i < turned.length; i++) {
        long hash = turned[i];
        int end = Math.min(turned.length, i + 1 + WINDOW);
        for (int j = i + 1; j < end && (hash ^ turned[j]) >>> (Long.SIZE - Byte.SIZE) == 0; j++) {
          if (Long.bitCount(hash ^ turned[j]) <= MAX_BITS) {
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
    int joined = -1; // an image whose group has all the others
    for (int a : some) {
      if (joined >= 0 && root(joined) == root(a)) {
        continue;
      }
      boolean all = true;
      Sketch sketch = null;
      for (int b : others) {
        if (comparisons[a] >= MAX_COMPARISONS) {
          all = false;
          break;
        }
        if (root(a) != root(b)) {
          comparisons[a]++;
          sketch = sketch == null ? sketches.apply(a) : sketch;
          if (sketch.correlation(sketches.apply(b)) >= MIN_CORRELATION) {
            join(a, b);
          } else {
            all = false;
          }
        }
      }
      if (all) {
        joined = a;
      }
    }
  }

  /**
   * A thumbnail with its mean and gradient: the coefficients of three orthonormal functions on the
   * grid, and the norm of the remainder.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sketch(byte[] gray, double mean, double across, double down, double norm) {
    private static final int SIDE = Fingerprint.SIDE;

    /** The norm of the function 2 x - 15 on the grid. */
    private static final double SLOPE_NORM = Math.sqrt(SIDE * SIDE * (SIDE * SIDE - 1) / 3.0);

    static Sketch of(Fingerprint fingerprint) {
      byte[] gray = fingerprint.thumbnail();
      int sum = 0;
      int sumAcross = 0;
      int sumDown = 0;
      int squares = 0;
      for (int y = 0, i = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++, i++) {
          int value = gray[i] & 0xff;
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
      return new Sketch(gray, mean, across, down, Math.sqrt(Math.max(0, rest)));
    }

    /** Returns the standard deviation of the remainder, in gray values. */
    double detail() {
      return norm / SIDE;
    }

    /** Returns the correlation of both remainders, in [-1, 1]. */
    double correlation(Sketch other) {
      int product = 0;
      for (int i = 0; i < gray.length; i++) {
        product += (gray[i] & 0xff) * (other.gray[i] & 0xff);
      }
      double rest = product - mean * other.mean - across * other.across - down * other.down;
      return rest / (norm * other.norm);
    }
  }
}
