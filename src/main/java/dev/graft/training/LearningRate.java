package dev.graft.training;

import dev.graft.recipe.Recipe.Schedule;

/**
 * The learning rate at every step, as a share of its full value: it rises in a straight line over
 * the warm-up, then stays, or goes down to 0 along half a cosine wave (Loshchilov and Hutter 2016,
 * without restarts).
 *
 * @param warmupSteps steps before the full value is reached
 * @param steps steps of the whole training
 */
record LearningRate(Schedule schedule, long warmupSteps, long steps) {
  LearningRate {
    if (warmupSteps < 0 || warmupSteps >= steps) {
      throw new IllegalArgumentException(warmupSteps + " warm-up steps of " + steps);
    }
  }

  /**
   * Counted in epochs; at least one step is left after the warm-up.
   *
   * @param warmupEpochs below {@code epochs}
   * @param batches an epoch has
   */
  static LearningRate of(Schedule schedule, double warmupEpochs, int epochs, int batches) {
    long steps = (long) epochs * batches;
    return new LearningRate(
        schedule, Math.min(Math.round(warmupEpochs * batches), steps - 1), steps);
  }

  /**
   * The share of the full rate.
   *
   * @param step from 0
   */
  double at(int step) {
    if (step < warmupSteps) {
      return (step + 1.0) / (warmupSteps + 1);
    }
    return switch (schedule) {
      case CONSTANT -> 1;
      case COSINE ->
          0.5
              * (1
                  + Math.cos(
                      Math.PI
                          * Math.min(1, (double) (step - warmupSteps) / (steps - warmupSteps))));
    };
  }
}
