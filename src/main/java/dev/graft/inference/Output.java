package dev.graft.inference;

import dev.graft.GraftException;
import java.util.OptionalDouble;

/**
 * A model's result for an image.
 *
 * @param probabilities one per class; they add up to 1
 * @param typicality the share of held-out images of the known classes that are no more similar to
 *     the training images than this one, 0 to 1; empty if the model has none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Output(float[] probabilities, OptionalDouble typicality) {
  /** Digits of a typicality; fewer than float32 has, so that 0.35 is not 0.3499999. */
  private static final double DIGITS = 1e6;

  /** Creates a result with typicality. */
  static Output of(float[] probabilities, float typicality) {
    return new Output(probabilities, OptionalDouble.of(Math.round(DIGITS * typicality) / DIGITS));
  }

  /** Creates a result without typicality. */
  static Output of(float[] probabilities) {
    return new Output(probabilities, OptionalDouble.empty());
  }

  /**
   * Returns this result.
   *
   * @param name of the image in the message
   * @throws GraftException if a probability is not finite: a network can compute NaN for an image
   */
  public Output requireFinite(String name) {
    for (float each : probabilities) {
      if (!Float.isFinite(each)) {
        throw new GraftException(
            name + " has no probabilities: the network computes NaN for this image.");
      }
    }
    return this;
  }

  /**
   * Returns whether an image is rejected.
   *
   * @param share the smallest typicality that is accepted, 0 to 1
   */
  public boolean isBelow(double share) {
    return typicality.isPresent() && typicality.getAsDouble() < share;
  }
}
