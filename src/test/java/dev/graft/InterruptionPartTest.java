package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InterruptionPartTest {
  @Test
  void aPartEndsWithTheWholeButNotTheWholeWithAPart() {
    Interruption whole = new Interruption();
    Interruption one = whole.part();
    Interruption other = whole.part();
    int[] deferred = {0};
    one.defer(() -> deferred[0]++);

    assertThat(one.request()).isTrue();

    assertThat(deferred[0]).isEqualTo(1);
    assertThat(one.isRequested()).isTrue();
    assertThat(whole.isRequested()).isFalse();
    assertThat(other.isRequested()).isFalse();
    whole.request();
    assertThat(other.isRequested()).isTrue();
  }
}
