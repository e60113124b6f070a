package dev.graft.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FirstOccurrencesTest {
  @Test
  void returnsTheFirstIndexOfEachText() {
    List<String> texts = List.of("a", "b", "a", "c", "b", "a");
    FirstOccurrences firsts = new FirstOccurrences(texts::get);

    assertThat(List.of(firsts.of(0), firsts.of(1), firsts.of(2), firsts.of(3), firsts.of(4)))
        .containsExactly(0, 1, 0, 3, 1);
    assertThat(firsts.of(5)).isZero();
  }

  /** Texts with equal hash codes are distinguished, also while the table grows. */
  @Test
  void distinguishesTextsWithTheSameHashCode() {
    int count = 1 << 9;
    // "Aa" and "BB" have one hash code, and so have all texts of equally many of them.
    FirstOccurrences firsts = new FirstOccurrences(place -> nine(place % count));

    for (int place = 0; place < 2 * count; place++) {
      assertThat(firsts.of(place)).isEqualTo(place % count);
    }
    assertThat(nine(1)).hasSameHashCodeAs(nine(2)).isNotEqualTo(nine(2));
  }

  private static String nine(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 9; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }
}
