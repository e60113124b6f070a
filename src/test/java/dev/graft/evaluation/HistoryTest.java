package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.GraftException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistoryTest {
  @Test
  void theBestEpochHasTheLowestValidationLoss() {
    assertThat(withValidationLosses(0.9, 0.4, 0.6).best().epoch()).isEqualTo(2);
  }

  @Test
  void theEarliestOfEquallyGoodEpochsWins() {
    assertThat(withValidationLosses(0.9, 0.4, 0.4, 0.4).best().epoch()).isEqualTo(2);
  }

  @Test
  void anEpochIsBetterOnlyByMoreThanTheMinimum() {
    History history = withValidationLosses(1.0, 0.9, 0.8, 0.7, 0.6);
    assertThat(history.best().epoch()).isEqualTo(5);
    assertThat(history.withMinDelta(0.25).best().epoch()).isEqualTo(4);
    assertThat(history.withMinDelta(0.25).plus(epoch(6, 0.4)).best().epoch()).isEqualTo(6);
  }

  @Test
  void notANumberAndInfinityNeverWin() {
    assertThat(withValidationLosses(Double.NaN, 0.5, Double.NaN).best().epoch()).isEqualTo(2);
    assertThat(withValidationLosses(Double.POSITIVE_INFINITY).findBest()).isEmpty();
    assertThat(withValidationLosses(Double.NEGATIVE_INFINITY).findBest()).isEmpty();
  }

  @Test
  void aHistoryWithoutAFiniteLossHasNoBestEpoch() {
    for (History history : List.of(History.empty(), withValidationLosses(Double.NaN))) {
      assertThatThrownBy(history::best)
          .isInstanceOf(GraftException.class)
          .hasMessageContaining("None of the %d epochs", history.epochs().size());
    }
  }

  @Test
  void csvHasTheShortestFormOfEachFloatAndADecimalPointInEveryCountry() {
    var history =
        History.empty()
            .plus(new History.Epoch(1, 1f / 3, 0.5, 0.3f, 0.75, 1e-3, 12.3456))
            .plus(new History.Epoch(2, Double.NaN, 0.1, Double.NaN, 0.1, 3e-5, 7));
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(history.toCsv())
          .isEqualTo(
              """
              epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds
              1,0.33333334,0.5,0.3,0.75,0.001,12.35
              2,NaN,0.1,NaN,0.1,3.0E-5,7.00
              """);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void floatsAreReadFromCsvExactlyAsTheyWere() {
    Random random = new Random(5);
    History history = History.empty();
    for (int epoch = 1; epoch <= 100; epoch++) {
      float loss = random.nextFloat();
      history = history.plus(new History.Epoch(epoch, loss, loss / 2, loss / 3, 0.7f, 3e-5, 1.25));
    }
    List<List<String>> rows =
        history.toCsv().lines().map(row -> List.of(row.split(",", -1))).toList();

    assertThat(new History(rows.stream().skip(1).map(History::epochOfCsv).toList()))
        .isEqualTo(history);
  }

  @Test
  void epochsAreNumberedFromOneWithoutAGap() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new History(List.of(epoch(0, 0.5))))
        .withMessageContaining("expected 1, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> withValidationLosses(0.5).plus(epoch(3, 0.5)))
        .withMessageContaining("expected 2, got 3");
  }

  @Test
  void addingAnEpochLeavesTheShorterHistoryAsItWas() {
    History one = withValidationLosses(0.5);
    assertThat(one.plus(epoch(2, 0.4)).epochs()).hasSize(2);
    assertThat(one.epochs()).hasSize(1);
  }

  private static History withValidationLosses(double... losses) {
    History history = History.empty();
    for (double loss : losses) {
      history = history.plus(epoch(history.epochs().size() + 1, loss));
    }
    return history;
  }

  private static History.Epoch epoch(int number, double validationLoss) {
    return new History.Epoch(number, 0.5, 0.8, validationLoss, 0.7, 0.001, 1);
  }
}
