package dev.graft.data;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Which pictures each of some groups has, in arrays: 8 bytes a picture. */
public final class Groups {
  /** Where each group's pictures end. */
  private final int[] ends;

  /** Those of a group one after the other. */
  private final int[] members;

  private Groups(int[] ends, int[] members) {
    this.ends = ends;
    this.members = members;
  }

  /**
   * Sorts pictures into groups, in which they keep their order.
   *
   * @param group of a picture, from 0
   */
  public static Groups of(int[] pictures, IntUnaryOperator group) {
    int count = IntStream.of(pictures).map(group).max().orElse(-1) + 1;
    int[] ends = new int[count + 1]; // where the next of each belongs, once it is summed up
    for (int picture : pictures) {
      ends[group.applyAsInt(picture) + 1]++;
    }
    Arrays.parallelPrefix(ends, Integer::sum);
    int[] members = new int[pictures.length];
    for (int picture : pictures) {
      members[ends[group.applyAsInt(picture)]++] = picture;
    }
    return new Groups(ends, members);
  }

  /** The pictures of a group. */
  public int[] of(int group) {
    return Arrays.copyOfRange(members, group == 0 ? 0 : ends[group - 1], ends[group]);
  }
}
