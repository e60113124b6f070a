package dev.graft.tuning;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Chooses the plan with the highest expected accuracy in a given time.
 *
 * @param estimates of the measured plans; at least one
 */
public record TimePlanner(List<Estimate> estimates) {
  /** Share of the time that is planned; the rest covers measurements that were too optimistic. */
  public static final double PLANNED = 0.97;

  /**
   * The time that a plan takes on this machine, in seconds.
   *
   * @param features of all images
   * @param image one image in a training step
   * @param images per epoch; validation images count as the share of a training step that they take
   * @param before between the features and the first epoch
   * @param after between the last epoch and the end of the run
   */
  public record Estimate(
      Plan plan, double features, double image, double images, double before, double after) {
    double epoch() {
      return image * images;
    }

    /** Returns the seconds after the features, with the fewest epochs that were measured. */
    public double trainingSeconds() {
      return seconds(plan.minEpochs()) - features;
    }

    /** Returns the estimate of a run whose features are computed and whose steps were measured. */
    public Estimate afterFeatures(double secondsPerImage) {
      double slower = image > 0 ? Math.max(1, secondsPerImage / image) : 1;
      return new Estimate(plan, 0, secondsPerImage, images, slower * before, slower * after);
    }

    double seconds(int epochs) {
      return features + before + epochs * epoch() + after;
    }

    /** Returns the number of epochs that fit, at most as many as were measured. */
    public int epochsWithin(double seconds) {
      double fit = (seconds - seconds(0)) / Math.max(1e-9, epoch());
      return (int) Math.min(plan.maxEpochs(), Math.floor(fit));
    }

    /** Returns whether the fewest epochs that were measured fit. */
    boolean fits(double seconds) {
      return epochsWithin(seconds) >= plan.minEpochs();
    }

    private Estimate slower(double factor) {
      return new Estimate(
          plan, features * factor, image * factor, images, before * factor, after * factor);
    }
  }

  /**
   * A plan with its number of epochs.
   *
   * @param fits whether it is expected to end in time
   */
  public record Choice(Estimate estimate, int epochs, boolean fits) {
    /** Returns the expected seconds. */
    public double seconds() {
      return estimate.seconds(epochs);
    }

    /** Returns the expected seconds of the training. */
    public double trainingSeconds() {
      return epochs * estimate.epoch();
    }

    /** Returns a time in which the plan is expected to fit, from when it is chosen. */
    public Duration enough() {
      return Duration.ofSeconds((long) Math.ceil(seconds() / PLANNED));
    }

    /** Returns the expected validation accuracy on CIFAR-10, 0 to 1. */
    public double accuracy() {
      return estimate.plan().accuracyAfter(epochs);
    }
  }

  public TimePlanner {
    estimates = List.copyOf(estimates);
    if (estimates.isEmpty()) {
      throw new IllegalArgumentException("no plans");
    }
  }

  /**
   * Chooses the plan with the highest accuracy among those that fit, and of equal ones the fastest;
   * if none fits, the fastest.
   *
   * @param secondsLeft until the end of the run
   */
  public Choice choose(double secondsLeft) {
    return fitting(secondsLeft)
        .orElseGet(
            () ->
                estimates.stream()
                    .map(each -> new Choice(each, each.plan().minEpochs(), false))
                    .min(Comparator.comparingDouble(Choice::seconds))
                    .orElseThrow());
  }

  /** Returns the best plan that fits, if any does. */
  Optional<Choice> fitting(double secondsLeft) {
    double planned = PLANNED * secondsLeft;
    return estimates.stream()
        .filter(each -> each.fits(planned))
        .map(each -> new Choice(each, each.epochsWithin(planned), true))
        .max(
            Comparator.comparingDouble(Choice::accuracy)
                .thenComparing(Comparator.comparingDouble(Choice::seconds).reversed()));
  }

  /** Returns the same plans for a machine that is slower than measured, by a factor. */
  TimePlanner slower(double factor) {
    return new TimePlanner(estimates.stream().map(each -> each.slower(factor)).toList());
  }

  /** Returns the other plans, if there are any. */
  Optional<TimePlanner> without(Plan plan) {
    List<Estimate> others = estimates.stream().filter(each -> !each.plan().equals(plan)).toList();
    return others.isEmpty() ? Optional.empty() : Optional.of(new TimePlanner(others));
  }
}
