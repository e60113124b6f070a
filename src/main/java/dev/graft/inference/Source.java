package dev.graft.inference;

import dev.graft.image.RgbImage;

/** What an image is read from. */
public interface Source {
  /** For people. */
  String name();

  /**
   * Reads the image; on any thread.
   *
   * @param least a reader that saves work may reduce a large image, but not its shorter side to
   *     fewer pixels than this
   * @throws dev.graft.GraftException one sentence that says why there is none
   */
  RgbImage read(int least);
}
