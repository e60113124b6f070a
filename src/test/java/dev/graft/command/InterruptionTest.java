package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.run.RunInterruption;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterruptionTest {
  private final RunInterruption interruption = new RunInterruption();
  private final List<String> events = new ArrayList<>();

  @Test
  void aJobThatHasNothingToSaveIsNotWaitedFor() {
    assertThat(interruption.stop()).isFalse();
    assertThat(interruption.isRequested()).isTrue();
  }

  @Test
  void aJobThatHasSomethingToSaveIsWaitedForOnce() {
    interruption.defer(() -> events.add("saving"));
    assertThat(interruption.isRequested()).isFalse();
    assertThat(interruption.stop()).isTrue();
    assertThat(interruption.isRequested()).isTrue();
    assertThat(interruption.stop()).isFalse();
    assertThat(events).containsExactly("saving");
  }

  @Test
  void whatIsRegisteredRunsAtTheEndOfTheProcessUnlessItWasClosed() throws IOException {
    try (Closeable closed = interruption.atExit(() -> events.add("closed"))) {
      assertThat(closed).isNotNull();
    }
    interruption.atExit(() -> events.add("open"));
    interruption.exit();
    assertThat(events).containsExactly("open");
  }

  @Test
  void theFirstSignalLetsAJobSaveAndTheSecondEndsTheProcess() {
    List<Integer> exits = new ArrayList<>();
    Signals signals = new Signals(interruption, exits::add);
    assertThat(List.of(signals.exitCode(0), signals.exitCode(1))).containsExactly(0, 1);
    interruption.defer(() -> events.add("saving"));

    signals.receive(15);
    assertThat(exits).isEmpty();
    assertThat(events).containsExactly("saving");
    assertThat(signals.exitCode(FineTuneCommand.INTERRUPTED)).isEqualTo(143);
    assertThat(signals.exitCode(0)).as("the run completed nevertheless").isZero();

    signals.receive(2);
    assertThat(exits).containsExactly(130);
  }

  @Test
  void aSignalEndsAtOnceWhatHasNothingToSave() {
    List<Integer> exits = new ArrayList<>();
    new Signals(interruption, exits::add).receive(2);
    assertThat(exits).containsExactly(130);
  }
}
