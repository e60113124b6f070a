package dev.graft.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MisspellingTest {
  private static final List<String> KNOWN =
      List.of("seed", "epochs", "batch-size", "head.hidden", "early-stopping.min-delta", "--top");

  @ParameterizedTest
  @CsvSource({
    "sed, seed",
    "eopchs, epochs",
    "batch, batch-size",
    "size, batch-size",
    "hiden, head.hidden",
    "tail.hidden, head.hidden",
    "delta, early-stopping.min-delta",
    "--topp, --top",
    "EPOCHS, epochs",
    "Head.HIDDEN, head.hidden"
  })
  void aNameWithFewErrorsOrAPartOfANameStandsForIt(String given, String meant) {
    assertThat(Misspelling.nearest(given, KNOWN)).contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"dees", "colour", "x", "ze", "--bogus", "head.tail"})
  void aNameThatIsNotSimilarStandsForNone(String given) {
    assertThat(Misspelling.nearest(given, KNOWN)).isEmpty();
  }

  @Test
  void distanceCountsInsertionsDeletionsAndReplacements() {
    assertThat(Misspelling.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Misspelling.distance("", "abc")).isEqualTo(3);
    assertThat(Misspelling.distance("abc", "")).isEqualTo(3);
    assertThat(Misspelling.distance("epochs", "epochs")).isZero();
  }
}
