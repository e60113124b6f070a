package dev.graft.run;

import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.io.AtomicFiles;
import dev.graft.network.NetworkDesign;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.report.Charts;
import dev.graft.training.RangeTest;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.Tuning;
import java.io.IOException;
import java.nio.file.Path;

/** A learning-rate range test of a recipe, with its curve in a folder. */
public final class LearningRateSearch {
  /** Maximum learning rate of a test. */
  public static final double MAX_RATE = 100;

  /** Minimum number of training steps. */
  public static final int MIN_STEPS = 20;

  /** Maximum number of training steps. */
  public static final int MAX_STEPS = 10_000;

  private LearningRateSearch() {}

  /**
   * The learning rates of a test; not checked here.
   *
   * @param low rate of the head in the first step, above 0
   * @param high rate of the head in the last step, at most {@link #MAX_RATE}
   * @param steps {@link #MIN_STEPS} to {@link #MAX_STEPS}
   */
  public record Rates(double low, double high, int steps) {}

  /** A test, and the folder of {@code range-test.csv} and {@code range-test.png}. */
  public record Finished(RangeTest test, Path folder) {}

  /**
   * Runs a range test on the training images, and writes its curve.
   *
   * @throws GraftException if data, weights or recipe don't allow it
   */
  public static Finished run(
      Recipe asked, OutputFolder output, Rates rates, RunEvents events, Interruption interruption)
      throws IOException {
    if (asked.head().solver().is(Recipe.Solver.NEWTON)) {
      throw new GraftException(
          "head.solver: newton has no learning rate; set it to gradient or auto.");
    }
    Recipe recipe =
        asked
            .with(asked.head().withSolver(Recipe.Solver.GRADIENT))
            .with(asked.training().withAverageMirror(false));
    try (PreparedRun prepared = output.prepare(recipe, events);
        Features features = prepared.features(prepared.ranges());
        Tuning tuning = new Tuning(prepared, features, events, interruption)) {
      RangeTest test =
          tuning.rangeTest(
              prepared.split(prepared.survey()), rates.low(), rates.high(), rates.steps());
      Path folder = output.sweep(prepared.name() + "-find-lr");
      AtomicFiles.write(folder.resolve("range-test.csv"), test.toCsv());
      draw(folder, test, prepared, events);
      return new Finished(test, folder);
    }
  }

  private static void draw(Path folder, RangeTest test, PreparedRun prepared, RunEvents events) {
    Path file = folder.resolve("range-test.png");
    boolean trains = !prepared.recipe().backbone().unfreeze().equals(NetworkDesign.NONE);
    String title = prepared.name() + (trains ? ", unfrozen stages" : "");
    new Drawings(events)
        .draw(
            file,
            () ->
                Charts.learningRates(
                    file,
                    test.steps().stream()
                        .map(step -> new double[] {step.rate(), step.smoothed()})
                        .toList(),
                    test.suggestion(),
                    title));
  }
}
