package dev.graft.inference;

import dev.graft.picture.Picture;

/** What a picture is read from. */
public interface Source {
  /** For people. */
  String name();

  /**
   * Reads the picture; on any thread.
   *
   * @param least a reader that saves work may reduce a large picture, but not its shorter side to
   *     fewer pixels than this
   * @throws dev.graft.GraftException one sentence that says why there is none
   */
  Picture read(int least);
}
