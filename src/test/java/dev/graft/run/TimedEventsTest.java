package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Split;
import dev.graft.evaluation.History;
import dev.graft.training.EarlyStopping;
import dev.graft.tuning.RunEvents;
import dev.graft.tuning.TimeLimit;
import dev.graft.util.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimedEventsTest {
  private final List<String> said = new ArrayList<>();
  private final RunEvents events =
      new RunEvents() {
        @Override
        public void timeIsUp(int epoch) {
          said.add("time is up");
        }

        @Override
        public void epochCut(int epoch, long batch, long batches) {
          said.add("epoch cut");
        }
      };

  private TimedEvents within(Duration time) {
    Split split = new Split(new int[] {0}, new int[] {1}, new int[] {2});
    return new TimedEvents(events, TimeLimit.after(time), new RunInterruption(), split, 1);
  }

  private static void endEpoch(TimedEvents training) {
    History history = History.empty().plus(new History.Epoch(1, 1, 0.5, 1, 0.5, 0.1, 1));
    training.epoch(history, 3, EarlyStopping.Decision.IMPROVED);
  }

  @Test
  void anEpochThatIsCutIsReportedOnce() {
    TimedEvents training = within(Duration.ZERO);
    try (Progress progress = training.progress("epoch 1", "batches", 9)) {
      progress.stepTo(1);
    }
    endEpoch(training);
    assertThat(training.fitting().isRequested()).isTrue();
    assertThat(said).containsExactly("epoch cut");
  }

  @Test
  void aTrainingWithoutTimeForAnotherEpochIsReported() {
    TimedEvents training = within(Duration.ZERO);
    endEpoch(training);
    assertThat(training.fitting().isRequested()).isTrue();
    assertThat(said).containsExactly("time is up");
  }
}
