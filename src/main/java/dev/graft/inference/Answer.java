package dev.graft.inference;

import dev.graft.GraftException;
import java.util.Optional;

/** What came of an image: probabilities, or a problem. */
public sealed interface Answer<S extends Source> {
  S source();

  /** One sentence that says why there are no probabilities. */
  Optional<String> problem();

  /**
   * How likely each class is, in the order of the classifier's classes; they add up to 1.
   *
   * @throws GraftException the problem, where there is one
   */
  float[] probabilities();

  /** The image was read. */
  @SuppressWarnings("ArrayRecordComponent") // not compared, and wrapped it would be copied
  record Known<S extends Source>(S source, float[] probabilities) implements Answer<S> {
    @Override
    public Optional<String> problem() {
      return Optional.empty();
    }
  }

  /** It was not. */
  record Unknown<S extends Source>(S source, GraftException why) implements Answer<S> {
    @Override
    public Optional<String> problem() {
      return Optional.of(why.getMessage());
    }

    @Override
    public float[] probabilities() {
      throw why;
    }
  }
}
