package dev.graft.inference;

import dev.graft.image.RgbImage;

/** The source of an image, such as a file. */
public interface Source {
  /** Returns the name of the image for messages. */
  String name();

  /**
   * Reads the image. Called on any thread.
   *
   * @param minSide minimum shorter side in pixels; a reader may reduce a larger image to it
   * @throws dev.graft.GraftException if the image can't be read; the message is one sentence
   */
  RgbImage read(int minSide);
}
