package dev.graft.tuning;

import dev.graft.tuning.TimePlanner.Choice;
import dev.graft.tuning.TimePlanner.Estimate;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** The plans of a run in a given time; a faster plan replaces one that is too slow. */
public final class PlanReplacement {
  /** Measures plans, the most accurate first. */
  public interface Measurement {
    /** Measures plans until none of the others could be better. */
    TimePlanner of(List<Plan> plans) throws IOException;
  }

  private final Measurement measurement;
  private final DoubleSupplier secondsLeft;
  private TimePlanner planner;
  private List<Plan> unmeasured;

  /**
   * Measures plans.
   *
   * @param plans in the order of their highest accuracies
   * @param secondsLeft until the end of the run
   */
  public PlanReplacement(List<Plan> plans, Measurement measurement, DoubleSupplier secondsLeft)
      throws IOException {
    this.measurement = measurement;
    this.secondsLeft = secondsLeft;
    planner = measurement.of(plans);
    List<Plan> measured = planner.estimates().stream().map(Estimate::plan).toList();
    unmeasured = plans.stream().filter(plan -> !measured.contains(plan)).toList();
  }

  /** Chooses the best plan, see {@link TimePlanner#choose}. */
  public Choice choose() {
    return planner.choose(secondsLeft.getAsDouble());
  }

  /** Returns whether another plan fits on a machine that is slower by a factor. */
  public boolean isReplaceable(Plan plan, double factor) {
    return others(plan, factor).isPresent();
  }

  /** Returns whether another plan fits, or might fit, because it was not measured. */
  public boolean mayBeReplaceable(Plan plan, double factor) {
    return !unmeasured.isEmpty() || isReplaceable(plan, factor);
  }

  private Optional<TimePlanner> others(Plan plan, double factor) {
    return planner.without(plan).map(each -> each.slower(factor)).filter(this::fits);
  }

  private boolean fits(TimePlanner others) {
    return others.choose(secondsLeft.getAsDouble()).fits();
  }

  /**
   * Replaces a plan by the others, which are measured now if they were not before. If none of them
   * fits, this plan is the only one that is left.
   *
   * @param factor by which the machine is slower than it was when it was measured, at least 1
   * @return whether the plan was replaced
   */
  public boolean replace(Estimate slow, double factor) throws IOException {
    Optional<TimePlanner> others = others(slow.plan(), factor);
    if (others.isEmpty() && !unmeasured.isEmpty()) {
      others = Optional.of(measurement.of(unmeasured).slower(factor)).filter(this::fits);
    }
    unmeasured = List.of();
    planner = others.orElseGet(() -> new TimePlanner(List.of(slow)).slower(factor));
    return others.isPresent();
  }
}
