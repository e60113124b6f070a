package dev.graft.data;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** The images of each group, in arrays: 8 bytes per image. */
public final class Groups {
  /** Where each group ends in {@link #members}. */
  private final int[] ends;

  /** The images, group after group. */
  private final int[] members;

  private Groups(int[] ends, int[] members) {
    this.ends = ends;
    this.members = members;
  }

  /**
   * Groups images; within a group they stay in order.
   *
   * @param group returns the number of an image's group, from 0
   */
  public static Groups of(int[] images, IntUnaryOperator group) {
    int count = IntStream.of(images).map(group).max().orElse(-1) + 1;
    int[] ends = new int[count + 1]; // after the prefix sum: where the next of each goes
    for (int image : images) {
      ends[group.applyAsInt(image) + 1]++;
    }
    Arrays.parallelPrefix(ends, Integer::sum);
    int[] members = new int[images.length];
    for (int image : images) {
      members[ends[group.applyAsInt(image)]++] = image;
    }
    return new Groups(ends, members);
  }

  /** Returns the images of a group. */
  public int[] of(int group) {
    return Arrays.copyOfRange(members, group == 0 ? 0 : ends[group - 1], ends[group]);
  }
}
