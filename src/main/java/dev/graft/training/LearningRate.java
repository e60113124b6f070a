package dev.graft.training;

import dev.graft.recipe.Recipe.Schedule;

/**
 * A learning rate schedule: the learning rate at each step as a fraction of the full rate. It rises
 * linearly during the warm-up and then is constant or falls to 0 along half a cosine (Loshchilov
 * and Hutter 2016, equation 5, without restarts); or it rises and falls in one cycle as that of
 * PyTorch's {@code OneCycleLR}, without its cycle of the momentum.
 *
 * @param warmupSteps number of steps before the full rate
 * @param steps number of steps of the whole training
 */
record LearningRate(Schedule schedule, long warmupSteps, long steps) {
  private static final double CYCLE_RISE = 0.3;
  private static final double CYCLE_START = 1.0 / 25;
  private static final double CYCLE_END = CYCLE_START / 10_000;

  LearningRate {
    if (warmupSteps < 0 || warmupSteps >= steps) {
      throw new IllegalArgumentException(
          "warmupSteps must be 0 to " + (steps - 1) + ", and is " + warmupSteps);
    }
  }

  /**
   * Creates a schedule whose lengths are given in epochs. At least one step remains after the
   * warm-up.
   *
   * @param warmupEpochs less than {@code epochs}
   * @param batches per epoch
   */
  static LearningRate of(Schedule schedule, double warmupEpochs, int epochs, int batches) {
    long steps = (long) epochs * batches;
    return of(schedule, Math.round(warmupEpochs * batches), steps);
  }

  private static LearningRate of(Schedule schedule, long warmupSteps, long steps) {
    long rise =
        schedule == Schedule.ONE_CYCLE
            ? Math.max(0, Math.round(CYCLE_RISE * steps) - 1)
            : warmupSteps;
    return new LearningRate(schedule, Math.min(rise, steps - 1), steps);
  }

  /**
   * Returns the schedule of a part that is trained from a step on, with a warm-up of its own.
   *
   * @param step less than {@link #steps}
   */
  LearningRate startingAt(long step) {
    return of(schedule, warmupSteps, steps - step);
  }

  /**
   * Returns the learning rate at a step as a fraction of the full rate, 0 to 1.
   *
   * @param step counted from 0
   */
  double at(int step) {
    boolean rises = step < warmupSteps;
    return switch (schedule) {
      case CONSTANT -> rises ? linear(step) : 1;
      case COSINE ->
          rises
              ? linear(step)
              : cosine(1, 0, (double) (step - warmupSteps) / (steps - warmupSteps));
      case ONE_CYCLE ->
          rises
              ? cosine(CYCLE_START, 1, (double) step / warmupSteps)
              : cosine(
                  1,
                  CYCLE_END,
                  (double) (step - warmupSteps) / Math.max(1, steps - 1 - warmupSteps));
    };
  }

  private double linear(int step) {
    return (step + 1.0) / (warmupSteps + 1);
  }

  /** Returns a value on half a cosine wave, at a share of the way. */
  private static double cosine(double from, double to, double share) {
    return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
  }
}
