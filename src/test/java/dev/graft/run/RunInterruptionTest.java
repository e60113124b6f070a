package dev.graft.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunInterruptionTest {
  @Test
  void aPartEndsWithTheWholeButNotTheWholeWithAPart() {
    RunInterruption whole = new RunInterruption();
    RunInterruption one = whole.part();
    RunInterruption other = whole.part();
    int[] deferred = {0};
    one.defer(() -> deferred[0]++);

    assertThat(one.stop()).isTrue();

    assertThat(deferred[0]).isEqualTo(1);
    assertThat(one.isRequested()).isTrue();
    assertThat(whole.isRequested()).isFalse();
    assertThat(other.isRequested()).isFalse();
    whole.request();
    assertThat(other.isRequested()).isTrue();
  }
}
