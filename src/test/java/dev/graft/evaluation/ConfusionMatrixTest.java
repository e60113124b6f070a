package dev.graft.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
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
  void theTraceCountsCorrectPredictions() {
    assertThat(new ConfusionMatrix(List.of("car", "cat", "dog"), PREDICTIONS).trace()).isEqualTo(2);
  }

  @Test
  void csvHasARowPerTrueClassBelowTheClassNames() {
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

  @Test
  void confusedPairsAreTheMostFrequentFirst() {
    var matrix =
        new ConfusionMatrix(
            List.of("car", "cat", "dog"),
            List.of(new Prediction(0, 2, 0, 1), new Prediction(1, 0, 1, 1), PREDICTIONS.get(1)));
    assertThat(matrix.confused())
        .containsExactly(new ConfusionMatrix.Cell(0, 1, 2), new ConfusionMatrix.Cell(2, 0, 1));
    assertThat(matrix.mostConfused()).containsExactly(0, 1, 2);
  }

  /** A full matrix would take 40 GB. */
  @Test
  void memoryFollowsTheImagesAndNotTheSquareOfTheClasses() {
    List<String> names = IntStream.range(0, 100_000).mapToObj(i -> "class " + i).toList();
    List<Prediction> predictions =
        IntStream.range(0, 300_000)
            .mapToObj(i -> new Prediction(i, i % 100_000, i % 3 == 0 ? 7 : i % 100_000, 1))
            .toList();
    var matrix = new ConfusionMatrix(names, predictions);
    assertThat(matrix.support(99_999)).isEqualTo(3);
    assertThat(matrix.count(99_999, 7)).isEqualTo(1);
    assertThat(matrix.count(99_999, 99_999)).isEqualTo(2);
    assertThat(matrix.predicted(7)).isEqualTo(100_002);
  }

  @Test
  void csvOfMoreThanAThousandClassesListsTheCellsThatAreNotZero() {
    List<String> names = IntStream.range(0, 10_000).mapToObj(i -> "class " + i).toList();
    assertThat(new ConfusionMatrix(names, PREDICTIONS).toCsv())
        .isEqualTo(
            """
            truth,predicted,count
            class 0,class 1,2
            class 0,class 0,1
            class 2,class 2,1
            """);
    assertThat(new ConfusionMatrix(names.subList(0, 1_000), PREDICTIONS).toCsv().lines())
        .hasSize(1_001)
        .allMatch(line -> line.split(",").length == 1_001);
  }
}
