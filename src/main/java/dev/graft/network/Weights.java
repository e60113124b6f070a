package dev.graft.network;

/** The values of a network's weights. */
@FunctionalInterface
public interface Weights {
  /** A weight's values, row-major in its shape and layout. */
  float[] of(Weight weight);
}
