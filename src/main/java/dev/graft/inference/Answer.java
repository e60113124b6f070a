package dev.graft.inference;

import dev.graft.GraftException;
import java.util.Optional;

/**
 * The result for an image: probabilities, or the reason why there are none.
 *
 * @param <S> type of the source
 */
public sealed interface Answer<S extends Source> {
  /** Returns the source of the image. */
  S source();

  /** Returns one sentence that says why there are no probabilities; empty if there are. */
  Optional<String> problem();

  /**
   * Returns the probability of each class, in the order of the model's classes; they add up to 1.
   *
   * @throws GraftException if the image could not be read
   */
  float[] probabilities();

  /** The result of an image that was read. */
  record Known<S extends Source>(S source, Output output) implements Answer<S> {
    @Override
    public float[] probabilities() {
      return output.probabilities();
    }

    @Override
    public Optional<String> problem() {
      return Optional.empty();
    }
  }

  /** The reason why an image was not read. */
  record Unknown<S extends Source>(S source, GraftException reason) implements Answer<S> {
    @Override
    public Optional<String> problem() {
      return Optional.of(reason.getMessage());
    }

    @Override
    public float[] probabilities() {
      throw reason;
    }
  }
}
