package dev.graft.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TopClassTest {
  private static final List<String> CLASSES = List.of("cat", "dog", "gnu", "yak");
  private static final float[] PROBABILITIES = {0.25f, 0.125f, 0.375f, 0.25f};

  @Test
  void classesAreOrderedByProbabilityAndThenByIndex() {
    assertThat(TopClass.of(PROBABILITIES, CLASSES, 3))
        .containsExactly(
            new TopClass(2, "gnu", 0.375f),
            new TopClass(0, "cat", 0.25f),
            new TopClass(3, "yak", 0.25f));
  }

  @Test
  void thereAreAtMostAsManyAsClasses() {
    assertThat(TopClass.of(PROBABILITIES, CLASSES, 5))
        .hasSize(4)
        .last()
        .isEqualTo(new TopClass(1, "dog", 0.125f));
    assertThat(TopClass.of(PROBABILITIES, CLASSES, 0)).isEmpty();
  }
}
