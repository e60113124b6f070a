package dev.graft.feature;

import java.nio.ByteBuffer;

/** The frozen part's forward pass, by whatever computes it; for one thread at a time. */
public interface FrozenPart extends AutoCloseable {
  /** Of a network of which nothing is frozen: what is kept of an image are its pixels. */
  FrozenPart NONE = (pixels, count) -> pixels;

  /**
   * What is to be kept of images.
   *
   * @param pixels {@code (count, 3, side, side)}, R, G, B, a byte each, from the first byte on
   * @param count number of images, at least 1
   * @return their records, one after the other
   */
  ByteBuffer forward(ByteBuffer pixels, int count);

  @Override
  default void close() {}
}
