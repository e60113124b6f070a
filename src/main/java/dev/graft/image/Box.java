package dev.graft.image;

/**
 * A rectangle of whole pixels in an image.
 *
 * @param left columns to its left
 * @param top rows above it
 */
record Box(int left, int top, int width, int height) {
  Box {
    if (left < 0 || top < 0 || width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "a box has left, top >= 0 and width, height >= 1, was given "
              + ("left " + left + ", top " + top + ", " + width + "x" + height));
    }
  }
}
