package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
  private static final List<Prediction> PREDICTIONS =
      List.of(
          new Prediction(0, 0, 0, 0.9f),
          new Prediction(1, 0, 1, 0.8f),
          new Prediction(2, 0, 1, 0.7f),
          new Prediction(3, 2, 2, 0.6f));

  @Test
  void rowsAreTheTruthAndColumnsThePrediction() {
    var matrix = new ConfusionMatrix(List.of("car", "cat", "dog"), PREDICTIONS);
    assertThat(matrix.count(0, 1)).isEqualTo(2);
    assertThat(matrix.count(1, 0)).isZero();
    assertThat(matrix.support(0)).isEqualTo(3);
    assertThat(matrix.support(1)).isZero();
    assertThat(matrix.predicted(0)).isEqualTo(1);
    assertThat(matrix.predicted(1)).isEqualTo(2);
  }

  @Test
  void theTraceCountsWhatIsRight() {
    assertThat(new ConfusionMatrix(List.of("car", "cat", "dog"), PREDICTIONS).trace()).isEqualTo(2);
  }

  @Test
  void csvHasARowATrueClassUnderTheClassNames() {
    assertThat(new ConfusionMatrix(List.of("car", "cat", "dog"), PREDICTIONS).toCsv())
        .isEqualTo(
            """
            truth\\predicted,car,cat,dog
            car,1,2,0
            cat,0,0,0
            dog,0,0,1
            """);
  }

  @Test
  void csvQuotesNamesThatHoldCommasQuotesOrLineBreaks() {
    assertThat(new ConfusionMatrix(List.of("a,b", "12\"", "c\nd"), List.of()).toCsv())
        .isEqualTo(
            """
            truth\\predicted,"a,b","12""\","c
            d"
            "a,b",0,0,0
            "12""\",0,0,0
            "c
            d",0,0,0
            """);
  }
}
