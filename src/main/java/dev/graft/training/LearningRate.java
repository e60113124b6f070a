package dev.graft.training;

import dev.graft.recipe.Recipe.Schedule;

/**
 * A learning rate schedule: the learning rate at each step as a fraction of the full rate. It rises
 * linearly during the warm-up and then is constant or falls to 0 along half a cosine (Loshchilov
 * and Hutter 2016, equation 5, without restarts).
 *
 * @param warmupSteps number of steps before the full rate
 * @param steps number of steps of the whole training
 */
record LearningRate(Schedule schedule, long warmupSteps, long steps) {
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
    return new LearningRate(
        schedule, Math.min(Math.round(warmupEpochs * batches), steps - 1), steps);
  }

  /**
   * Returns the learning rate at a step as a fraction of the full rate, 0 to 1.
   *
   * @param step counted from 0
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
