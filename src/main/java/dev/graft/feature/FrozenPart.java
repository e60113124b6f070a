package dev.graft.feature;

import java.nio.ByteBuffer;

/** The forward pass of the frozen part of a network. Implementations are not thread-safe. */
public interface FrozenPart extends AutoCloseable {
  /** For a network without frozen stages: the records are the pixels. */
  FrozenPart NONE = (pixels, count) -> pixels;

  /**
   * Computes the records of a batch of images.
   *
   * @param pixels {@code (count, 3, side, side)}, R, G, B from 0 to 255, one byte per value, from
   *     index 0 of the buffer
   * @param count number of images, at least 1
   * @return the records, one after the other
   */
  ByteBuffer forward(ByteBuffer pixels, int count);

  @Override
  default void close() {}
}
