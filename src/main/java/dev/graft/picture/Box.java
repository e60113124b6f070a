package dev.graft.picture;

/**
 * A part of a picture, in whole pixels.
 *
 * @param left columns before it
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
