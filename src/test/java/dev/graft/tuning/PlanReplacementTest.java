package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.tuning.TimePlanner.Estimate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlanReplacementTest {
  private static final Plan LARGE = plan("large", 0.95);
  private static final Plan SMALL = plan("small", 0.90);

  private final List<Plan> measured = new ArrayList<>();

  /** Seconds of the features of the plan that is measured first, and of the others. */
  private double first = 40;

  private double others = 10;

  private static Plan plan(String name, double accuracy) {
    return new Plan(
        name, Map.of("backbone", name), new TreeMap<>(Map.of(1, accuracy)), "unverified");
  }

  private Estimate estimate(Plan plan) {
    measured.add(plan);
    return new Estimate(plan, plan.equals(LARGE) ? first : others, 0.001, 1_000, 1, 3);
  }

  /** Measures as {@link SpeedProbe#measure} does: the others only if the first does not fit. */
  private PlanReplacement plans() throws IOException {
    return new PlanReplacement(
        List.of(LARGE, SMALL),
        plans -> {
          List<Estimate> estimates = new ArrayList<>(List.of(estimate(plans.get(0))));
          if (plans.size() > 1 && first > 100) {
            estimates.add(estimate(plans.get(1)));
          }
          return new TimePlanner(estimates);
        },
        () -> 100);
  }

  @Test
  void aPlanThatWasNotMeasuredReplacesOneThatTurnsOutTooSlow() throws IOException {
    PlanReplacement plans = plans();
    Estimate chosen = plans.choose().estimate();
    assertThat(chosen.plan()).isEqualTo(LARGE);
    assertThat(measured).containsExactly(LARGE);
    assertThat(plans.isReplaceable(LARGE, 3)).isFalse();
    assertThat(plans.mayBeReplaceable(LARGE, 3)).isTrue();

    assertThat(plans.replace(chosen, 3)).isTrue();

    assertThat(measured).containsExactly(LARGE, SMALL);
    assertThat(plans.choose().estimate().plan()).isEqualTo(SMALL);
    assertThat(plans.choose().estimate().features()).as("the machine is slower").isEqualTo(30);
    assertThat(plans.mayBeReplaceable(SMALL, 2)).isFalse();
  }

  @Test
  void aPlanWithoutAFasterOneIsKept() throws IOException {
    others = 50;
    PlanReplacement plans = plans();
    Estimate chosen = plans.choose().estimate();

    assertThat(plans.replace(chosen, 3)).isFalse();

    assertThat(plans.choose().estimate().plan()).isEqualTo(LARGE);
    assertThat(plans.mayBeReplaceable(LARGE, 9)).as("it is not tried again").isFalse();
  }

  @Test
  void plansThatWereMeasuredAreNotMeasuredAgain() throws IOException {
    first = 101;
    PlanReplacement plans = plans();
    assertThat(plans.choose().estimate().plan()).isEqualTo(SMALL);
    assertThat(plans.mayBeReplaceable(SMALL, 1)).isFalse();
    assertThat(measured).containsExactly(LARGE, SMALL);
  }
}
