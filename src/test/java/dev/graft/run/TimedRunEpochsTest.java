package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.TimeLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimedRunEpochsTest {
  @ParameterizedTest
  @CsvSource({"0, 7, 7", "0, 0, 1", "0, -3, 1", "0.3, 1, 1", "1, 1, 2", "2.5, 1, 3", "2, 7, 7"})
  void atLeastOneEpochFollowsTheWarmUp(String warmup, int fitting, int epochs) {
    Recipe recipe = RecipeReader.with(RecipeReader.defaults(), Map.of("warmup-epochs", warmup));
    List<List<Integer>> changes = new ArrayList<>();
    RunEvents events =
        new RunEvents() {
          @Override
          public void epochsChanged(int planned, int epochs) {
            changes.add(List.of(planned, epochs));
          }
        };
    assertThat(TimedRun.withEpochs(recipe, fitting, 9, events).training().epochs())
        .isEqualTo(epochs);
    assertThat(changes).containsExactly(List.of(9, epochs));
    TimedRun.withEpochs(recipe, fitting, epochs, events);
    assertThat(changes).as("as planned").hasSize(1);
  }

  /** Of 100 s, in which 10 s are gone; 4 s are reserved for files, and 97 % of the rest planned. */
  @ParameterizedTest
  @CsvSource({"300, 1, 10", "300, 10, 8", "5000, 27, 3", "300, 28, 0", "5001, 1, 0"})
  void asManyFoldsAsFitIntoTheRestOfTheTime(int images, double seconds, int folds) {
    long now = System.nanoTime();
    TimeLimit limit = new TimeLimit(now - 10_000_000_000L, now + 90_000_000_000L, 30);
    assertThat(TimedRun.restFolds(images, limit, seconds)).isEqualTo(folds);
  }

  @Test
  void noFoldsIfHalfOfTheTimeIsGone() {
    long now = System.nanoTime();
    TimeLimit limit = new TimeLimit(now - 60_000_000_000L, now + 40_000_000_000L, 0);
    assertThat(TimedRun.restFolds(300, limit, 0.1)).isZero();
  }
}
