package dev.graft.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.tuning.TimePlanner.Choice;
import dev.graft.tuning.TimePlanner.Estimate;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimePlannerTest {
  /** Takes 10 s, and 5 s per epoch. */
  private static final Estimate SMALL = estimate("small", 6, 5, Map.of(1, 0.80, 4, 0.90));

  /** Takes 44 s, and 20 s per epoch. */
  private static final Estimate LARGE = estimate("large", 40, 20, Map.of(2, 0.89, 8, 0.95));

  private static final TimePlanner PLANNER = new TimePlanner(List.of(SMALL, LARGE));

  private static Estimate estimate(
      String name, double features, double epoch, Map<Integer, Double> accuracy) {
    Plan plan = new Plan(name, Map.of("backbone", name), new TreeMap<>(accuracy), "unverified");
    return new Estimate(plan, features, epoch / 1_000, 1_000, 1, 3);
  }

  private static Choice choose(double planned) {
    return PLANNER.choose(planned / TimePlanner.PLANNED + 1e-6);
  }

  @Test
  void theMostAccurateThatFitsIsChosen() {
    assertThat(choose(204).estimate().plan().name()).isEqualTo("large");
    assertThat(choose(204).epochs()).isEqualTo(8);
    assertThat(choose(204).accuracy()).isEqualTo(0.95);
    assertThat(choose(203).epochs()).isEqualTo(7);
    assertThat(choose(203).accuracy()).isCloseTo(0.94, within(1e-9)); // 0.89 + 5 / 6 * 0.06
    assertThat(choose(84).accuracy()).isEqualTo(0.90); // two epochs of the other: 0.89
    assertThat(choose(84).estimate().plan().name()).isEqualTo("small");
    assertThat(choose(84).seconds()).isCloseTo(30, within(1e-9));
  }

  @Test
  void noMoreEpochsThanWereMeasured() {
    assertThat(choose(10_000).epochs()).isEqualTo(8);
  }

  @Test
  void accuracyBetweenMeasuredEpochsIsInterpolated() {
    assertThat(choose(25).epochs()).isEqualTo(3);
    assertThat(choose(25).accuracy()).isCloseTo(0.80 + 0.10 * 2 / 3, within(1e-9));
  }

  @Test
  void ifNothingFitsTheFastestIsChosen() {
    Choice choice = choose(14);
    assertThat(choice.fits()).isFalse();
    assertThat(choice.estimate()).isEqualTo(SMALL);
    assertThat(choice.epochs()).isEqualTo(1);
    assertThat(choice.enough().toSeconds()).isEqualTo(16); // 15 s of 0.97
    assertThat(choose(15.01).fits()).isTrue();
  }

  @Test
  void aPlanThatIsTooSlowLeavesTheOthersSlower() {
    TimePlanner others = PLANNER.without(LARGE.plan()).orElseThrow().slower(2);
    assertThat(others.estimates()).hasSize(1);
    assertThat(others.choose(1_000).seconds()).isCloseTo(60, within(1e-9));
    assertThat(others.without(SMALL.plan())).isEmpty();
  }

  @Test
  void measuredStepsGiveTheEpochsThatAreLeft() {
    Estimate faster = LARGE.afterFeatures(0.010); // seconds per image, instead of 0.020
    assertThat(faster.epochsWithin(34)).isEqualTo(3);
    assertThat(faster.epochsWithin(33.9)).isEqualTo(2);
    Estimate slower = LARGE.afterFeatures(0.040); // evaluation is slower, too
    assertThat(slower.after()).isEqualTo(6);
    assertThat(slower.epochsWithin(2 * 4 + 2 * 40)).isEqualTo(2);
  }

  @Test
  void planningEndsInTimeWithTheFastPlans() throws IOException {
    List<Plan> plans = Plan.all();
    long now = System.nanoTime();
    TimeLimit late = new TimeLimit(now - Duration.ofHours(1).toNanos(), now + 1, 0);
    List<String> measured =
        SpeedProbe.measure(plans, plan -> new Estimate(plan, 1e9, 1, 1, 1, 1), late)
            .estimates()
            .stream()
            .map(each -> each.plan().name())
            .toList();
    assertThat(measured)
        .containsExactly(
            "EfficientNet-Lite0 at 192 pixels, blocks 8 to 15 trained",
            "EfficientNet-Lite0 at 224 pixels, frozen",
            "EfficientNet-Lite0 at 160 pixels, frozen",
            "EfficientNet-Lite0 at 96 pixels, frozen",
            "EfficientNet-Lite0 at 64 pixels, frozen");
    assertThat(
            SpeedProbe.measure(
                    plans,
                    plan -> new Estimate(plan, 1e9, 1, 1, 1, 1),
                    TimeLimit.after(Duration.ofHours(1)))
                .estimates())
        .hasSameSizeAs(plans);
  }
}
