package dev.graft.data;

import java.util.stream.IntStream;

/** The shorter sides of pictures, in pixels. */
public final class Sides {
  private final int[] ascending;

  private Sides(int[] ascending) {
    this.ascending = ascending;
  }

  /** Those of a set, as far as they are known without reading pictures. */
  static Sides of(ImageSet pictures) {
    return new Sides(
        IntStream.range(0, pictures.size())
            .map(pictures::shorterSide)
            .filter(side -> side > 0)
            .sorted()
            .toArray());
  }

  /** Whether none is known. */
  public boolean isEmpty() {
    return ascending.length == 0;
  }

  public int shortest() {
    return ascending[0];
  }

  /** The one in the middle; 0 if none is known. */
  public int median() {
    return isEmpty() ? 0 : ascending[ascending.length / 2];
  }

  public int longest() {
    return ascending[ascending.length - 1];
  }

  /** Number of pictures with a side shorter than that. */
  public int smallerThan(int side) {
    return (int) IntStream.of(ascending).filter(each -> each < side).count();
  }
}
