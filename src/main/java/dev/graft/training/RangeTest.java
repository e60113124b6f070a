package dev.graft.training;

import dev.graft.util.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017,
 * section 3.3): the learning rate grows from step to step, and the loss shows from where on it is
 * too high. It grows exponentially, and the loss is smoothed, as in fastai.
 *
 * @param steps in their order
 */
public record RangeTest(List<Step> steps) {
  /** Weight of the earlier losses in the smoothed one. */
  private static final double SMOOTHING = 0.9;

  /** The test ends at a smoothed loss of this multiple of the lowest one, as in fastai. */
  private static final double MAX_GROWTH = 4;

  /** Share of the rate with the lowest loss that is suggested, as in fastai's {@code minimum}. */
  private static final double SUGGESTED = 0.1;

  /** Number of first steps whose smoothed loss is not considered the lowest. */
  private static final int WARM_UP = 5;

  /**
   * A training step.
   *
   * @param rate of the head
   * @param loss of the step's batch
   * @param smoothed exponential moving average of the losses, corrected for its start at 0
   */
  public record Step(double rate, double loss, double smoothed) {}

  public RangeTest {
    steps = List.copyOf(steps);
  }

  /** Returns the rate of a step: from low to high in equal factors. */
  static double rate(double low, double high, int step, int steps) {
    return low * Math.pow(high / low, (double) step / (steps - 1));
  }

  /** Returns the test with one more step. */
  RangeTest plus(double rate, double loss) {
    double average = 0;
    for (Step each : steps) {
      average = SMOOTHING * average + (1 - SMOOTHING) * each.loss;
    }
    average = SMOOTHING * average + (1 - SMOOTHING) * loss;
    double smoothed = average / (1 - Math.pow(SMOOTHING, steps.size() + 1));
    List<Step> all = new ArrayList<>(steps);
    all.add(new Step(rate, loss, smoothed));
    return new RangeTest(all);
  }

  /** Returns whether the loss has grown so much that higher rates need not be tried. */
  boolean hasDiverged() {
    double last = steps.isEmpty() ? 0 : steps.get(steps.size() - 1).smoothed;
    return !Double.isFinite(last)
        || lowest().map(step -> last > MAX_GROWTH * step.smoothed).orElse(false);
  }

  /** Returns the step with the lowest smoothed loss; empty if there are too few steps. */
  public Optional<Step> lowest() {
    return steps.stream()
        .skip(WARM_UP)
        .filter(step -> Double.isFinite(step.smoothed))
        .min((a, b) -> Double.compare(a.smoothed, b.smoothed));
  }

  /**
   * Returns a learning rate: a tenth of the one with the lowest loss. Empty if the loss never fell
   * below its start.
   */
  public Optional<Double> suggestion() {
    return lowest()
        .filter(step -> step.smoothed < steps.get(0).smoothed)
        .map(step -> SUGGESTED * step.rate);
  }

  /** Returns one row per step. */
  public String toCsv() {
    StringBuilder csv = new StringBuilder("step,learning_rate,loss,smoothed_loss\n");
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      csv.append(Text.of("%d,%.6e,%.6f,%.6f\n", i + 1, step.rate, step.loss, step.smoothed));
    }
    return csv.toString();
  }
}
