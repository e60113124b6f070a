package dev.graft.data;

import java.util.stream.IntStream;

/** The shorter sides of images, in pixels. */
public final class ImageSizes {
  private final int[] ascending;

  private ImageSizes(int[] ascending) {
    this.ascending = ascending;
  }

  /** Returns the sides that are known without decoding images. */
  static ImageSizes of(ImageSet images) {
    return new ImageSizes(
        IntStream.range(0, images.size())
            .map(images::shorterSide)
            .filter(side -> side > 0)
            .sorted()
            .toArray());
  }

  /** Returns whether no side is known. */
  public boolean isEmpty() {
    return ascending.length == 0;
  }

  public int shortest() {
    return ascending[0];
  }

  /** Returns the median; 0 if no side is known. */
  public int median() {
    return isEmpty() ? 0 : ascending[ascending.length / 2];
  }

  public int longest() {
    return ascending[ascending.length - 1];
  }

  /** Returns the number of images with a side shorter than this. */
  public int smallerThan(int side) {
    return (int) IntStream.of(ascending).filter(each -> each < side).count();
  }
}
